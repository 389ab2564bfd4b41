import { stringify } from 'yaml'

/** Texts by the JSON of what they say: a plan says the same to many hosts, and writing YAML would be most of its time. */
const written = new Map<string, string>()

/** A value as YAML, without anchors and without folded lines: always the same bytes for the same value. Not for secrets, which it would remember. */
export const yaml = (value: object): string => {
  const key = JSON.stringify(value)
  const known = written.get(key)
  if (known !== undefined) return known
  const text = stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })
  written.set(key, text)
  return text
}
