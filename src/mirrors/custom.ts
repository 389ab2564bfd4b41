import { formatReference, type Reference, readReference } from '../images/reference.ts'
import { canonical, isRegistry, isUnder } from '../images/registries.ts'
import type { AptRepo, Mirror, Os } from './types.ts'
import { upstream } from './upstream.ts'

/** How a registry of one's own names what it copies: with the source's domain, with its path only, or with the last segment only. */
export type Layout = 'host' | 'path' | 'flat'

const pathIn = ({ domain, path }: Reference, layout: Layout): string =>
  layout === 'host' ? `${domain}/${path}` : layout === 'path' ? path : path.slice(path.lastIndexOf('/') + 1)

const imageUnder =
  (base: string, layout: Layout) =>
  (text: string): string | undefined => {
    const given = readReference(text)
    if (given === undefined) return undefined
    if (isUnder(given, base)) return text
    const source = canonical(given)
    if (!isRegistry(source.domain)) return undefined
    const moved = readReference(`${base}/${pathIn(source, layout)}`)
    return moved && formatReference({ ...source, domain: moved.domain, path: moved.path })
  }

/** containerd appends the image's whole path to the endpoint: a flat registry has no endpoint that fits. */
const endpointUnder = (url: URL, layout: Layout) => (registry: string) => {
  if (layout === 'flat' || !isRegistry(registry)) return undefined
  const domain = registry === 'k8s.gcr.io' ? 'registry.k8s.io' : registry
  const path = [url.pathname.replace(/\/+$/, ''), ...(layout === 'host' ? [`/${domain}`] : [])].join('')
  return { url: `${url.protocol}//${url.host}/v2${path}`, overridePath: true }
}

/**
 * A mirror of one's own from its URL. Release files and apt archives lie under it in host-first layout, as upstream's URLs without
 * their scheme (BASE/dl.k8s.io/release/..., BASE/deb.debian.org/debian: kubespray's files_repo); images in the layout asked for.
 */
export const custom = (address: string, layout: Layout = 'host'): Mirror => {
  const base = address.replace(/\/+$/, '')
  const url = new URL(base)
  const apt = (repo: AptRepo, os: Os) => {
    const original = upstream.apt(repo, os)
    return original && { ...original, uri: `${base}/${original.uri.replace(/^https?:\/\//, '')}` }
  }
  return {
    name: address,
    file: (path) => `${base}/${path}`,
    apt,
    // As it is written, and not url.host, which leaves out a default port: names and containerd's folders must spell a host in one way.
    image: imageUnder(base.replace(/^https?:\/\//, ''), layout),
    endpoint: endpointUnder(url, layout),
  }
}
