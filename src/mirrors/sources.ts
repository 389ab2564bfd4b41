import type { Config } from '../config/schema.ts'
import { carriersFrom } from './carriers.ts'
import { mirrorOf } from './index.ts'
import { endpointOf, mirrorOfRegistry, type PrivateRegistry, privateRegistries } from './private.ts'
import type { AptRepo, Endpoint, Mirror, Os, Sources } from './types.ts'
import { upstream } from './upstream.ts'

/** The providers asked for each kind of thing, in order, by their names in cluster.yml. */
export type Orders = Readonly<Record<'base' | 'kubernetes' | 'docker' | 'files' | 'images', readonly string[]>>

/**
 * What the profiles mean (mirrors.md §11). Under cn nothing of Google's is ever asked unless the user lists upstream;
 * each file has two places all the same, for the day on which one fails. The archives of Debian and Ubuntu can be reached from China, so theirs ends with upstream.
 */
const PROFILES: Readonly<Record<Config['mirrors']['profile'], Orders>> = {
  none: { base: [], kubernetes: ['upstream'], docker: ['upstream'], files: ['upstream'], images: ['upstream'] },
  cn: {
    base: ['aliyun', 'tuna', 'ustc', 'upstream'],
    kubernetes: ['aliyun', 'tuna', 'ustc'],
    docker: ['aliyun', 'tuna', 'ustc'],
    files: ['daocloud', 'kubekey', 'aliyun', 'github'],
    images: ['daocloud', 'aliyun'],
  },
}

const unique = (names: readonly string[]) => [...new Set(names)]

/** The order in force for each kind of thing: the user's list where there is one, else the profile's. */
export const ordersOf = ({ profile, apt, files, images }: Config['mirrors']): Orders => {
  const defaults = PROFILES[profile]
  return {
    base: unique(apt.base ?? defaults.base),
    kubernetes: unique(apt.kubernetes ?? defaults.kubernetes),
    docker: unique(apt.docker ?? defaults.docker),
    files: unique(files ?? defaults.files),
    images: unique(images ?? defaults.images),
  }
}

const present = <T>(answers: readonly (T | undefined)[]): readonly T[] => answers.filter((answer) => answer !== undefined)

/** The first provider that carries the image names it; what is already a name of some listed mirror stays. */
const imageFrom =
  (mirrors: readonly Mirror[]) =>
  (ref: string): string => {
    let named: string | undefined
    for (const mirror of mirrors) {
      const answer = mirror.image(ref)
      if (answer === ref && mirror !== upstream) return ref
      named ??= answer
    }
    return named ?? ref
  }

/** Debian and Ubuntu advise against mirrors for security fixes, because they lag: upstream unless asked for (mirrors.md §2c). */
const archivesFor = (
  repo: AptRepo,
  mirrors: Readonly<Record<keyof Orders, readonly Mirror[]>>,
  mirrorSecurity: boolean,
): readonly Mirror[] => {
  if (repo.kind !== 'security') return mirrors[repo.kind]
  return mirrorSecurity || mirrors.base.length === 0 ? mirrors.base : [upstream]
}

/** Where images are copied, in order: the default private registry before the configured mirrors. */
export const imageMirrorsOf = ({ mirrors, private_registries }: Pick<Config, 'mirrors' | 'private_registries'>): readonly Mirror[] => [
  ...privateRegistries(private_registries)
    .filter(({ isDefault }) => isDefault)
    .map(mirrorOfRegistry),
  ...ordersOf(mirrors).images.map(mirrorOf),
]

/** Credentials for a public registry (Docker Hub's limits) are shown to that registry alone, never to a mirror of it. */
const withLogin =
  (registry: string, registries: readonly PrivateRegistry[]) =>
  (endpoint: Endpoint): Endpoint => {
    const own = registries.find(({ domain }) => domain === registry)
    return own !== undefined && endpoint.url === own.origin ? endpointOf(own) : endpoint
  }

/**
 * Folds the sections `mirrors` and `private_registries` of cluster.yml into one total answer per question. Every list is complete and in order: upstream is in it exactly
 * when it may be asked. `upstream` is true only when both files and images may come from there.
 */
export const sourcesOf = (mirrors: Config['mirrors'], own: Config['private_registries'] = []): Sources => {
  const orders = ordersOf(mirrors)
  const registries = privateRegistries(own)
  const listed = {
    base: orders.base.map(mirrorOf),
    kubernetes: orders.kubernetes.map(mirrorOf),
    docker: orders.docker.map(mirrorOf),
    files: orders.files.map(mirrorOf),
    images: imageMirrorsOf({ mirrors, private_registries: own }),
  }
  return {
    files: (path) => present(listed.files.map((mirror) => mirror.file(path))),
    apt: (repo: AptRepo, os: Os) => present(archivesFor(repo, listed, mirrors.apt.mirror_security).map((mirror) => mirror.apt(repo, os))),
    image: imageFrom(listed.images),
    carriers: carriersFrom(listed.images),
    endpoints: (registry) => present(listed.images.map((mirror) => mirror.endpoint(registry))).map(withLogin(registry, registries)),
  }
}
