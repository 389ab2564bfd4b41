import { dns1123Label } from './hostname.ts'

const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const PREFIX_MAX = 253

/** The part before the slash of a qualified name, or ''. */
export const prefixOf = (key: string): string => (key.includes('/') ? key.slice(0, key.indexOf('/')) : '')

/** Whether `key` is a qualified name: the syntax of label and taint keys (apimachinery's IsQualifiedName). */
export const isQualifiedName = (key: string): boolean => {
  const parts = key.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) return false
  if (second === undefined) return NAME.test(first)
  return first.length <= PREFIX_MAX && first.split('.').every(dns1123Label) && NAME.test(second)
}

/** Whether `value` can be a label's or a taint's value (apimachinery's IsValidLabelValue). */
export const isLabelValue = (value: string): boolean => value === '' || NAME.test(value)

/** A DNS name: subdomains of at most 253 characters, upper case allowed. */
export const isDnsName = (name: string): boolean =>
  name.length <= PREFIX_MAX && name !== '' && name.toLowerCase().replace(/\.$/, '').split('.').every(dns1123Label)
