import { formatReference, type Reference, readReference } from '../images/reference.ts'
import { canonical, isRegistry, type Registry } from '../images/registries.ts'
import { nothing } from './apt.ts'
import type { Mirror } from './types.ts'

// Source: DaoCloud/public-image-mirror README (prefix rule, domain table; digests equal the source) and DaoCloud/public-binary-files-mirror README.
const PREFIX = 'm.daocloud.io'
const FILES = 'https://files.m.daocloud.io/'
const DOMAINS: Readonly<Record<Registry, string>> = {
  'docker.io': 'docker.m.daocloud.io',
  'gcr.io': 'gcr.m.daocloud.io',
  'ghcr.io': 'ghcr.m.daocloud.io',
  'k8s.gcr.io': 'k8s-gcr.m.daocloud.io',
  'quay.io': 'quay.m.daocloud.io',
  'registry.k8s.io': 'k8s.m.daocloud.io',
}

const isOurs = (domain: string) => domain === PREFIX || domain.endsWith(`.${PREFIX}`)

const mapped =
  (to: (source: Reference & { domain: Registry }) => Reference) =>
  (text: string): string | undefined => {
    const given = readReference(text)
    if (given === undefined) return undefined
    if (isOurs(given.domain)) return text
    const { domain, ...rest } = canonical(given)
    return isRegistry(domain) ? formatReference(to({ domain, ...rest })) : undefined
  }

const endpoint = (registry: string) => (isRegistry(registry) ? { url: `https://${DOMAINS[registry]}`, overridePath: false } : undefined)

/** DaoCloud: any release file, and images under the recommended prefix; containerd gets the host per registry, as its token scopes break the prefix (mirrors.md §7). */
export const daocloud: Mirror = {
  name: 'daocloud',
  file: (path) => FILES + path,
  apt: nothing,
  image: mapped((source) => ({ ...source, domain: PREFIX, path: `${source.domain}/${source.path}` })),
  endpoint,
}
