import { type Reference, readReference } from '../images/reference.ts'
import { canonical } from '../images/registries.ts'
import type { Carrier, Mirror } from './types.ts'

/** Docker Hub's images are named docker.io and served by another host (containerd docs/hosts.md). */
const hostOf = (domain: string): string => (domain === 'docker.io' ? 'registry-1.docker.io' : domain)

/** Where a mirror's own name for an image answers. Only its endpoint knows whether a registry of one's own answers without TLS. */
export const originByName = (mirror: Mirror, source: string, domain: string): string => {
  const endpoint = mirror.endpoint(source)
  const host = hostOf(domain)
  const url = endpoint && new URL(endpoint.url)
  return `${url?.host === host ? url.protocol : 'https:'}//${host}`
}

/** Under its own name first; then as containerd would ask, where that is another host. */
const basesOf = (mirror: Mirror, source: Reference, named: Reference): readonly string[] => {
  const endpoint = mirror.endpoint(source.domain)
  const host = hostOf(named.domain)
  const url = endpoint && new URL(endpoint.url)
  const own = `${originByName(mirror, source.domain, named.domain)}/v2/${named.path}`
  if (!endpoint || url?.host === host) return [own]
  return [own, `${endpoint.url}${endpoint.overridePath ? '' : '/v2'}/${source.path}`]
}

/** Every mirror of the list that carries an image, in the list's order. */
export const carriersFrom =
  (mirrors: readonly Mirror[]) =>
  (ref: string): readonly Carrier[] =>
    mirrors.flatMap((mirror): Carrier[] => {
      const name = mirror.image(ref)
      const [source, named] = [readReference(ref), name === undefined ? undefined : readReference(name)]
      if (name === undefined || !source || !named) return []
      const { ca, login } = mirror.endpoint(canonical(source).domain) ?? {}
      return [{ name, bases: basesOf(mirror, canonical(source), named), closed: ca !== undefined || login !== undefined }]
    })
