import type { Facts } from '../hosts/facts.ts'
import { sha256 } from '../digest.ts'
import { heredoc } from './heredoc.ts'
import { setPath } from './paths.ts'
import { holdersOf, holding, isAuthority, SECRET_PATHS } from './secrets.ts'
import type { Kind, SecretName, SharedSecretResource } from './types.ts'

const isPublic = (path: string): boolean => path.endsWith('.crt') || path.endsWith('.pub')
const modeOf = (path: string): string => (isPublic(path) ? '0644' : '0600')

/** A simulated secret is a symbol: equal on every host, and never a real key. */
const symbolic = (facts: Facts, name: SecretName): Facts =>
  SECRET_PATHS[name].reduce(
    (seen, path) =>
      setPath(seen, path, {
        type: 'file',
        mode: modeOf(path),
        owner: 'root:root',
        sha256: sha256(`symbol ${path}`),
        ...(isAuthority(name) && path.endsWith('.crt')
          ? {
              certificate: {
                commonName: name,
                organizations: [],
                sans: [],
                usages: [],
                notBefore: facts.now,
                notAfter: facts.now + 10 * 365 * 86400,
                authority: true,
                key: `symbol ${name}`,
                issuer: `symbol ${name}`,
                pem: '',
              },
            }
          : {}),
      }),
    facts,
  )

export const sharedSecret: Kind<SharedSecretResource> = {
  id: (want) => `shared-secret ${want.name}`,
  touches: (want) => SECRET_PATHS[want.name],
  diff: (want, { facts, world }) => {
    const complete = SECRET_PATHS[want.name].every(
      (path) => facts.paths[path]?.mode === modeOf(path) && facts.paths[path]?.owner === 'root:root',
    )
    if (complete) return undefined
    return holdersOf(world, want.name).length === 0
      ? { verb: 'create', reason: { en: 'no control plane has it yet', zh: '所有控制平面都还没有它' } }
      : { verb: 'create', reason: { en: 'other control planes have it', zh: '其他控制平面已有它' } }
  },
  produce: (want, vault) => vault.secret(want.name),
  // The private part lands first: a public part without its key would pass for a whole secret.
  script: (want, _, payload) =>
    [...SECRET_PATHS[want.name]]
      .reverse()
      .map((path) => heredoc(`put ${path} ${modeOf(path)} root:root`, payload[path] ?? ''))
      .join(''),
  after: (want, { facts, world }) => {
    const [holder] = holdersOf(world, want.name)
    if (holder === undefined) return symbolic(facts, want.name)
    return SECRET_PATHS[want.name].reduce((seen, path) => {
      const fact = world[holder]?.paths[path]
      return fact ? setPath(seen, path, fact) : seen
    }, facts)
  },
}

/** Whether two control planes hold different values of one secret: nothing may be signed until a person has decided. */
export const conflicts = (world: Parameters<typeof holding>[0], name: SecretName): string[] => {
  const holders = holdersOf(world, name)
  return new Set(holders.map((host) => holding(world, host, name))).size > 1 ? holders : []
}
