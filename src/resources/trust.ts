import { sha256 } from '../digest.ts'
import type { World } from '../cluster/world.ts'
import type { CertificateFact, PathFact } from '../hosts/facts.ts'
import { authoritiesOf, symbolOf } from './generations.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, setPath } from './paths.ts'
import { SECRET_PATHS } from './secrets.ts'
import type { Kind, TrustResource } from './types.ts'
import type { AuthorityName } from '../cluster/secret-names.ts'

const wanted = (certificates: readonly CertificateFact[]): PathFact => ({
  type: 'file',
  mode: '0644',
  owner: 'root:root',
  sha256: sha256(certificates.map(({ pem }) => pem).join('')),
})

/** A CA that is minted in the same run is a symbol, as it is on the control planes. */
const simulated = (world: World, name: AuthorityName, now: number): PathFact => {
  const known = authoritiesOf(world, name)
  const authorities = known.length > 0 ? known : [symbolOf(name, now, world).certificate].flatMap((one) => one ?? [])
  const [certificate] = authorities
  return { ...wanted(authorities), ...(certificate ? { certificate, authorities } : {}) }
}

export const trust: Kind<TrustResource> = {
  id: (want) => `trust ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts, world }) => {
    const authorities = authoritiesOf(world, want.authority)
    const seen = facts.paths[want.path]
    if (authorities.length === 0) return { verb: seen ? 'update' : 'create', reason: { en: 'its CA is new', zh: 'CA 是新的' } }
    return changedPath(seen, wanted(authorities))
  },
  produce: async (want, vault) => ({ [want.path]: (await vault.secret(want.authority))[SECRET_PATHS[want.authority][0] as string] ?? '' }),
  script: (want, _, payload) => heredoc(`put ${want.path} 0644 root:root`, payload[want.path] ?? ''),
  after: (want, { facts, world }) => setPath(facts, want.path, simulated(world, want.authority, facts.now)),
}
