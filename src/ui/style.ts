export { width } from './width.ts'

type Paint = (text: string) => string

/** Colours for people; every one is the identity when colours are off. */
export type Style = Readonly<{ enabled: boolean; bold: Paint; dim: Paint; red: Paint; green: Paint; yellow: Paint; cyan: Paint }>

/** Colours that can be switched off as a whole: NO_COLOR, --no-color, or no terminal. */
export const createStyle = (enabled: boolean): Style => {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      enabled && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return {
    enabled,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}
