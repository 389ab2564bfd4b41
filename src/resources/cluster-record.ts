import { CLUSTER_RECORD, recordText } from '../cluster/identity.ts'
import { sha256 } from '../digest.ts'
import { readAuthorities } from '../hosts/certificate-facts.ts'
import { heredoc } from '../shell/heredoc.ts'
import { authoritiesOf, symbolOf } from './generations.ts'
import { changedPath, setPath } from './paths.ts'
import { SECRET_PATHS } from './secrets.ts'
import type { ClusterRecordResource, Kind } from './types.ts'

const ATTRIBUTES = { type: 'file', mode: '0644', owner: 'root:root' } as const

const textOf = ({ name, etcd }: ClusterRecordResource, authorities: readonly string[]): string => recordText({ authorities, name, etcd })

/** Which cluster a host is of, for whoever meets it later (cluster/identity.ts). It is no file of the inventory: it has to outlive all of these. */
export const clusterRecord: Kind<ClusterRecordResource> = {
  id: () => `cluster-record ${CLUSTER_RECORD}`,
  touches: () => [CLUSTER_RECORD],
  diff: (want, { facts, world }) => {
    const seen = facts.paths[CLUSTER_RECORD]
    const authorities = authoritiesOf(world, 'ca').map(({ key }) => key)
    if (authorities.length === 0) return { verb: seen ? 'update' : 'create', reason: { en: 'its CA is new', zh: 'CA 是新的' } }
    return changedPath(seen, { ...ATTRIBUTES, sha256: sha256(textOf(want, authorities)) })
  },
  produce: async (want, vault) => {
    const bundle = (await vault.secret('ca'))[SECRET_PATHS.ca[0] ?? ''] ?? ''
    const authorities = await readAuthorities(bundle)
    return {
      [CLUSTER_RECORD]: textOf(
        want,
        authorities.map(({ key }) => key),
      ),
    }
  },
  script: (_, __, payload) =>
    `${heredoc(`(umask 022; cat >${CLUSTER_RECORD}.new)`, payload[CLUSTER_RECORD] ?? '')}sync ${CLUSTER_RECORD}.new\nmv -fT ${CLUSTER_RECORD}.new ${CLUSTER_RECORD}\n`,
  after: (want, { facts, world }) => {
    const known = authoritiesOf(world, 'ca').map(({ key }) => key)
    const text = textOf(want, known.length > 0 ? known : [symbolOf('ca', facts.now, world).id])
    return setPath(facts, CLUSTER_RECORD, { ...ATTRIBUTES, sha256: sha256(text), text })
  },
}
