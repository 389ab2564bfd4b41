/**
 * A here-document that carries `text` to a command unchanged. The text keeps its lines, so that scripts can be read and
 * compared; it must end with a newline, because a here-document always does.
 */
export const heredoc = (command: string, text: string): string => {
  if (!text.endsWith('\n')) throw new Error(`text for "${command}" must end with a newline`)
  const lines = new Set(text.split('\n'))
  let end = 'SLIPWAY_END'
  while (lines.has(end)) end += '_'
  return `${command} <<'${end}'\n${text}${end}\n`
}
