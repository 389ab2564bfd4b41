import { sha256 } from '../digest.ts'
import { heredoc } from './heredoc.ts'
import { changedPath, setPath } from './paths.ts'
import { authorityOf, SECRET_PATHS } from './secrets.ts'
import type { Kind, TrustResource } from './types.ts'

export const trust: Kind<TrustResource> = {
  id: (want) => `trust ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts, world }) => {
    const authority = authorityOf(world, want.authority)
    const seen = facts.paths[want.path]
    if (!authority) return { verb: seen ? 'update' : 'create', reason: { en: 'its CA is new', zh: 'CA 是新的' } }
    return changedPath(seen, { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(authority.pem || 'symbol') })
  },
  produce: async (want, vault) => ({ [want.path]: (await vault.secret(want.authority))[SECRET_PATHS[want.authority][0] as string] ?? '' }),
  script: (want, _, payload) => heredoc(`put ${want.path} 0644 root:root`, payload[want.path] ?? ''),
  after: (want, { facts, world }) =>
    setPath(facts, want.path, {
      type: 'file',
      mode: '0644',
      owner: 'root:root',
      sha256: sha256(authorityOf(world, want.authority)?.pem || 'symbol'),
    }),
}
