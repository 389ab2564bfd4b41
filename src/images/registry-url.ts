import { readReference } from './reference.ts'

/** A registry's url, read: `base` is what image names begin with ("harbor.corp:8443/mirror"), `origin` where it answers. */
export type RegistryUrl = Readonly<{ domain: string; base: string; origin: string }>

const URL_TEXT = /^(?:(https?):\/\/)?([^/@\sA-Z]+)((?:\/[^/@\s]+)*)\/?$/
const DOCKER = new Set(['index.docker.io', 'registry-1.docker.io'])

/** The parts of a registry's url; undefined when no image can be named by it. */
export const readRegistryUrl = (url: string): RegistryUrl | undefined => {
  const [, scheme = 'https', host = '', path = ''] = URL_TEXT.exec(url) ?? []
  const domain = DOCKER.has(host) ? 'docker.io' : host
  const base = domain + path
  const named = readReference(`${base}/x`)
  if (named?.domain !== domain) return undefined
  return { domain, base, origin: domain === 'docker.io' ? 'https://registry-1.docker.io' : `${scheme}://${host}` }
}
