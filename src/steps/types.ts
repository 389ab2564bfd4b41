import type { Context } from '../cluster/types.ts'
import type { Problem } from '../problem.ts'
import type { Resource } from '../resources/types.ts'
import type { Text } from '../text.ts'

/** One part of a cluster: what it wants on a host. Pure. */
export interface Step {
  readonly id: string
  readonly title: Text
  /** `node`: runs pods (control planes too); `worker-only`: a node without a control plane of its own; `one-control-plane`: any healthy one, chosen per run. */
  readonly on: 'every' | 'node' | 'control-plane' | 'etcd' | 'worker-only' | 'one-control-plane'
  /**
   * What the running part leaves behind by itself, for reset: "path /DIR" with all that is in it and mounted there, "empty /DIR" when nothing is
   * left in it, "link NAME", "netns PREFIX", "table FAMILY NAME" of nftables, "chains PREFIX" of iptables. Counted on a host where a unit of the
   * step's name was started; what the pods of `one-control-plane` steps leave is kubelet's.
   */
  readonly leaves?: readonly string[]
  /** Asked of every host before anything changes. */
  problems?(context: Context): readonly Problem[]
  resources(context: Context): readonly Resource[]
}

/** Steps that belong together on the way. `barrier`: no host begins before every host is through the phases above. */
export type Phase = Readonly<{ id: string; title: Text; barrier: boolean; steps: readonly Step[] }>
