/** How many of `members` voting members must be alive for etcd to accept writes (etcd.io, failure tolerance). */
export const quorumOf = (members: number): number => Math.floor(members / 2) + 1

export type MemberChange = 'restart' | 'remove-healthy' | 'remove-dead' | 'add'

/**
 * Whether a change of one member keeps the quorum, with `healthy` of `members` alive before it. One of one or of two may be restarted: neither can
 * ever be spared, and there is nothing to lose but the seconds it takes. `add` is a learner that is promoted when it has caught up, so it counts as alive then.
 */
export const keepsQuorum = (members: number, healthy: number, change: MemberChange): boolean => {
  if (healthy < quorumOf(members)) return false
  switch (change) {
    case 'restart':
      return members <= 2 || healthy - 1 >= quorumOf(members)
    case 'remove-healthy':
      return members > 1 && healthy - 1 >= quorumOf(members - 1)
    case 'remove-dead':
      return members > healthy && healthy >= quorumOf(members - 1)
    case 'add':
      return healthy + 1 >= quorumOf(members + 1)
  }
}

/**
 * Whether etcd takes another member. It is stricter than the quorum asks for: the new one is counted as dead until it has caught up, and it
 * is a lone member alone that is spared (etcd 3.6, server/etcdserver/util.go).
 */
export const acceptsMember = (members: number, healthy: number): boolean =>
  keepsQuorum(members, healthy, 'add') && (members === 1 || healthy >= quorumOf(members + 1))
