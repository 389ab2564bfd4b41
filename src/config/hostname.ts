/** Longest DNS-1123 subdomain that Linux takes as a host name: HOST_NAME_MAX, see hostname(7). */
const HOST_NAME_MAX = 64
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** Whether `name` is a DNS-1123 label (RFC 1123 §2.1 as Kubernetes reads it: lower case, at most 63 characters). */
export const dns1123Label = (name: string): boolean => LABEL.test(name)

/**
 * Whether `name` can be a Node's name: a DNS-1123 subdomain. Kubernetes allows 253 characters, but 63 is the most that fits
 * the label `kubernetes.io/hostname`, which kubelet sets.
 */
export const dns1123Subdomain = (name: string): boolean =>
  name.length < HOST_NAME_MAX && name.split('.').every((label) => LABEL.test(label))

/** The nearest valid name, or undefined when nothing of `name` is left: "chen-PC" -> "chen-pc", "Web_1" -> "web-1". */
export const suggestHostname = (name: string): string | undefined => {
  const labels = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .split('.')
    .map((label) => label.slice(0, 63).replace(/^-+|-+$/g, ''))
    .filter((label) => label !== '')
  const found = labels
    .join('.')
    .slice(0, HOST_NAME_MAX - 1)
    .replace(/[.-]+$/g, '')
  return found === '' ? undefined : found
}
