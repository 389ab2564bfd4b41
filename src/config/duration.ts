const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

/** How cluster.yml writes a length of time. */
export const DURATION: RegExp = /^([1-9][0-9]*)([mhd])$/

/** The seconds of "10m", "24h" or "365d"; throws on anything else, which the schema keeps away. */
export const secondsOf = (text: string): number => {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  const seconds = UNITS[unit]
  if (count === undefined || seconds === undefined) throw new Error(`${text} is not a duration`)
  return Number(count) * seconds
}
