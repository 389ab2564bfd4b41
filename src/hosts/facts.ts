import type { ClusterFacts } from './facts/cluster.ts'
import type { MachineFacts } from './facts/machine.ts'
import type { NetworkFacts } from './facts/network.ts'
import type { PathsFacts } from './facts/paths.ts'
import type { SystemFacts } from './facts/system.ts'

export type { DeprecatedApiFact, EtcdFact, EtcdMemberFact, NodeFact, TimerFact, UnitFact } from './facts/cluster.ts'
export type { CertificateFact, PathFact, PublicPartFact } from './facts/paths.ts'

/** Everything one probe said of one host. Plain JSON. A fact is a line of probe.sh, and its type and reader in one file under facts/. */
export type Facts = Readonly<{
  now: number
  /** By how many seconds its clock was ahead of this machine's; negative: behind. undefined where nobody compared. */
  ahead?: number
  uid: number
}> &
  MachineFacts &
  NetworkFacts &
  SystemFacts &
  ClusterFacts &
  PathsFacts
