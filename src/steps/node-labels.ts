import { networkOf } from '../addons/networks.ts'
import type { Resource } from '../resources/types.ts'
import { kubernetesOf } from './node-version.ts'
import type { Step } from './types.ts'
import type { Context, Member } from '../cluster/types.ts'

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'

/** The role's label is the API's to set: NodeRestriction forbids it to kubelet. */
const labels = (member: Member): Record<string, string> => ({
  ...member.labels,
  ...(member.roles.controlPlane ? { [CONTROL_PLANE]: '' } : {}),
})

const taints = (member: Member) => [
  ...member.taints,
  ...(member.roles.controlPlane && !member.roles.worker ? [{ key: CONTROL_PLANE, value: '', effect: 'NoSchedule' }] : []),
]

const networkPods = (config: Context['config']) => {
  const { pods } = networkOf(config)
  return pods ? { network: pods } : {}
}

const daemon = (config: Context['config'], { key, nodeName }: Member): Resource[] => {
  const { pods, traces } = networkOf(config)
  return pods && traces ? [{ kind: 'network-daemon', node: nodeName, host: key, ...pods, traces }] : []
}

export const nodeLabels: Step = {
  id: 'node-labels',
  title: { en: 'Labels and taints', zh: '标签与污点' },
  on: 'one-control-plane',
  resources: (context) => {
    const { members, world, config } = context
    return members
      .filter(({ key, roles }) => (roles.controlPlane || roles.worker) && world[key] !== undefined)
      .flatMap((member) => [
        { kind: 'node-address', name: member.nodeName, address: member.ip, ...networkPods(config) } as const,
        { kind: 'node', name: member.nodeName, labels: labels(member), taints: taints(member) } as const,
        ...daemon(config, member),
        { kind: 'uncordon', node: member.nodeName, host: member.key, version: kubernetesOf(context, members, member, world) } as const,
      ])
  },
}
