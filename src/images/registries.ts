import type { Reference } from './reference.ts'

/** The public registries whose images we know mirrors of; every other domain is left as it is. */
export const REGISTRIES = ['docker.io', 'gcr.io', 'ghcr.io', 'k8s.gcr.io', 'quay.io', 'registry.k8s.io'] as const
export type Registry = (typeof REGISTRIES)[number]

/** Names of Google's that cannot be reached behind the wall: used to say what is left, never to decide what is rewritten. */
export const isGoogle = (domain: string): boolean =>
  /(^|\.)(gcr\.io|k8s\.io|pkg\.dev|googleapis\.com|google\.com)$/.test(domain.replace(/:\d+$/, ''))

/** Other public registries abroad that no mirror is known for, with what lies below them. */
const ABROAD = [
  'amazonaws.com',
  'azurecr.io',
  'cgr.dev',
  'container-registry.oracle.com',
  'cr.l5d.io',
  'docker.elastic.co',
  'icr.io',
  'lscr.io',
  'mcr.microsoft.com',
  'nvcr.io',
  'public.ecr.aws',
  'registry.access.redhat.com',
  'registry.connect.redhat.com',
  'registry.gitlab.com',
  'registry.redhat.io',
  'registry.suse.com',
  'xpkg.upbound.io',
]

/** Registries that hosts behind the wall reach slowly or not at all: used to say what is left, as above. */
export const isAbroad = (domain: string): boolean =>
  isGoogle(domain) || ABROAD.some((name) => domain === name || domain.endsWith(`.${name}`))

export const isRegistry = (domain: string): domain is Registry => (REGISTRIES as readonly string[]).includes(domain)

const GOOGLE_CONTAINERS = /^google[_-]containers\//

/** The reference under the name its project uses today: k8s.gcr.io and gcr.io/google_containers have become registry.k8s.io (mirrors.md §5, rule 3). */
export const canonical = (reference: Reference): Reference => {
  if (reference.domain === 'k8s.gcr.io') return { ...reference, domain: 'registry.k8s.io' }
  if (reference.domain !== 'gcr.io' || !GOOGLE_CONTAINERS.test(reference.path)) return reference
  return { ...reference, domain: 'registry.k8s.io', path: reference.path.replace(GOOGLE_CONTAINERS, '') }
}

/** Whether a reference lies at or under a base such as harbor.corp:8443/mirror; whole segments only. */
export const isUnder = ({ domain, path }: Reference, base: string): boolean => `${domain}/${path}/`.startsWith(`${base}/`)
