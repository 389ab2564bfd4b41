import { type HostHealth, healthOf } from '../engine/health.ts'
import { exitOf, type Session, sayProblems, strangersIn, withSession } from '../run/session.ts'
import type { Command, Io, Options } from '../run/types.ts'
import { table } from '../ui/table.ts'

type Row = Readonly<{
  name: string
  roles: readonly string[]
  ready: boolean | null
  schedulable: boolean | null
  version: string | null
  address: string
  units: Readonly<Record<string, string>>
}>

const rowOf = ({ member, node, units }: HostHealth): Row => ({
  name: member.nodeName,
  roles: [
    ...(member.roles.controlPlane ? ['control-plane'] : []),
    ...(member.roles.etcd ? ['etcd'] : []),
    ...(member.roles.worker ? ['worker'] : []),
  ],
  ready: node?.ready ?? null,
  schedulable: node ? !node.unschedulable : null,
  version: node?.kubelet ?? null,
  address: member.ip,
  units,
})

/** The units that are not as they should be; "-" where none is known, as on a host that did not answer. */
const unitsText = ({ units }: Row): string => {
  const all = Object.entries(units)
  if (all.length === 0) return '-'
  const broken = all.filter(([, state]) => state !== 'active')
  return broken.map(([name, state]) => `${name} ${state}`).join(', ') || 'ok'
}

/** As kubectl has it: "Ready,SchedulingDisabled". */
const nodeText = ({ ready, schedulable }: Row): string =>
  ready === null ? '-' : `${ready ? 'Ready' : 'NotReady'}${schedulable ? '' : ',SchedulingDisabled'}`

/** The same with hosts that are connected and seen. */
export const show = (session: Session, options: Options, io: Io): number => {
  const { intent, world } = session
  const health = healthOf(intent.cluster, intent.hosts, world)
  const rows = health.hosts.map(rowOf)
  const strangers = strangersIn(session)
  // What a host of another cluster says of etcd and of Nodes would blame ours.
  const problems = [...session.problems, ...(strangers.length > 0 ? strangers : health.problems)]
  if (options.output === 'json') io.out(`${JSON.stringify({ cluster: intent.config.cluster_name, nodes: rows, problems })}\n`)
  else {
    io.out(
      table(
        ['NAME', 'STATUS', 'ROLES', 'VERSION', 'ADDRESS', 'UNITS'],
        rows.map((row) => [row.name, nodeText(row), row.roles.join(','), row.version ?? '-', row.address, unitsText(row)]),
      ),
    )
    sayProblems(problems, io)
  }
  return exitOf(problems)
}

/** `slipway status`: the nodes as the API and the hosts themselves see them. */
export const status: Command = {
  name: 'status',
  summary: { en: 'Show the nodes and their units', zh: '显示节点及其服务单元' },
  run: (options, io) => withSession(options, io, (session) => show(session, options, io)),
}
