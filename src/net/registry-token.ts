import type { Http } from './http.ts'

/** What an image may be, for the header `accept`. */
export const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** What a registry says of one image: its digest, or why not. `status` 0 is no answer at all. */
export type Manifest = Readonly<{ digest?: string; status: number; error?: string }>

/** "Bearer realm=...,service=...,scope=..." -> the URL of a token (distribution spec, token authentication). `scope` where none is named. */
export const tokenUrl = (challenge: string, scope: string): string | undefined => {
  const field = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
  const realm = field('realm')
  if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) return undefined
  const url = new URL(realm)
  const service = field('service')
  if (service) url.searchParams.set('service', service)
  url.searchParams.set('scope', field('scope') ?? scope)
  return url.href
}

/** An anonymous token, or undefined. */
export const tokenOf = async (http: Http, url: string): Promise<string | undefined> => {
  try {
    const answer = JSON.parse((await http.text(url)) ?? '{}') as { token?: string; access_token?: string }
    return answer.token ?? answer.access_token
  } catch {
    return undefined
  }
}

/** Asks a registry for an image's manifest by HEAD, once, with an anonymous token where it wants one. Never lists anything. */
export const headManifest = async (http: Http, base: string, path: string, reference: string): Promise<Manifest> => {
  const url = `${base}/${path}/manifests/${reference}`
  let answer = await http.head(url, { accept: MANIFESTS })
  const challenge = answer.status === 401 ? tokenUrl(answer.headers.get('www-authenticate') ?? '', `repository:${path}:pull`) : undefined
  if (challenge !== undefined) {
    const token = await tokenOf(http, challenge)
    if (token !== undefined) answer = await http.head(url, { accept: MANIFESTS, authorization: `Bearer ${token}` })
  }
  const digest = answer.headers.get('docker-content-digest') ?? undefined
  if (answer.status === 200) return { status: 200, ...(digest === undefined ? {} : { digest }) }
  return { status: answer.status, error: answer.error ?? `HTTP ${answer.status}` }
}
