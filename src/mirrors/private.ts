import type { Config } from '../config/schema.ts'
import { readReference } from '../images/reference.ts'
import { canonical } from '../images/registries.ts'
import { readRegistryUrl, type RegistryUrl } from '../images/registry-url.ts'
import { custom } from './custom.ts'
import type { Endpoint, Mirror } from './types.ts'

/** A registry of the user's own. */
export type PrivateRegistry = RegistryUrl &
  Readonly<{
    layout: Config['private_registries'][number]['layout']
    /** The folder for each public registry, where each has one of its own. */
    projects?: Config['private_registries'][number]['projects']
    isDefault: boolean
    /** Where its CA lies on a host, when it has one of its own. */
    ca?: string
    /** Whether it wants a user and a password. */
    login: boolean
  }>

/** Where containerd's hosts.toml files lie. */
export const CERTS_D = '/etc/containerd/certs.d'

/** The private registries of cluster.yml, in its order; the rules have seen that their urls can be read. */
export const privateRegistries = (entries: Config['private_registries']): readonly PrivateRegistry[] =>
  entries.flatMap(({ url, user, ca_file, is_default, layout, projects }) => {
    const read = readRegistryUrl(url)
    if (!read) return []
    const ca = ca_file === undefined ? {} : { ca: `${CERTS_D}/${read.domain}/ca.crt` }
    return [{ ...read, layout, isDefault: is_default, login: user !== undefined, ...ca, ...(projects === undefined ? {} : { projects }) }]
  })

/**
 * Every registry of the user's own that is known to answer somewhere: the private ones, and mirrors of images that are named by a URL. Whoever
 * meets such a name in an image has to know its scheme.
 */
export const knownRegistries = ({
  mirrors,
  private_registries,
}: Pick<Config, 'mirrors' | 'private_registries'>): readonly PrivateRegistry[] => {
  const own = privateRegistries(private_registries)
  const urls = (mirrors.images ?? []).flatMap((entry) => (entry.includes('://') ? (readRegistryUrl(entry) ?? []) : []))
  const others = urls.filter(({ domain }) => !own.some((one) => one.domain === domain))
  return [...own, ...others.map((url): PrivateRegistry => ({ ...url, layout: 'host', isDefault: false, login: false }))]
}

/** How a private registry is asked for its own images. */
export const endpointOf = ({ origin, domain, ca, login }: PrivateRegistry): Endpoint => ({
  url: origin,
  overridePath: false,
  ...(ca === undefined ? {} : { ca }),
  ...(login ? { login: domain } : {}),
})

/** One folder for each public registry; those without one are not carried. */
const inProjects = (root: string, projects: NonNullable<PrivateRegistry['projects']>): Pick<Mirror, 'image' | 'endpoint'> => {
  const mirrors = new Map(Object.entries(projects).map(([registry, project]) => [registry, custom(`${root}/${project}`, 'path')]))
  return {
    image: (ref) => {
      const given = readReference(ref)
      const own = [...mirrors.values()].find((mirror) => mirror.image(ref) === ref)
      return own ? ref : given && mirrors.get(canonical(given).domain)?.image(ref)
    },
    endpoint: (asked) => mirrors.get(asked === 'k8s.gcr.io' ? 'registry.k8s.io' : asked)?.endpoint(asked),
  }
}

/** A private registry as a place that carries copies of the public registries' images. */
export const mirrorOfRegistry = (registry: PrivateRegistry): Mirror => {
  const { origin, base, domain, layout, projects } = registry
  const root = origin + base.slice(domain.length)
  const mirror = projects ? inProjects(root, projects) : custom(root, layout)
  return {
    name: base,
    file: () => undefined,
    apt: () => undefined,
    image: mirror.image,
    endpoint: (asked) => {
      const found = mirror.endpoint(asked)
      return found && { ...endpointOf(registry), ...found }
    },
  }
}
