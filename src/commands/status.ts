import { backupProblems } from '../steps/etcd-backup.ts'
import { etcdSpace, etcdStranger } from '../steps/etcd-health.ts'
import { contextsOf } from '../run/contexts.ts'
import { membersOf, pickDelegate } from '../cluster/members.ts'
import { table } from '../ui/table.ts'
import { exitOf, type Session, sayProblems, withSession } from '../run/session.ts'
import type { Command, Io, Options } from '../run/types.ts'

type Row = Readonly<{
  name: string
  roles: readonly string[]
  ready: boolean | null
  version: string | null
  address: string
  units: Readonly<Record<string, string>>
}>

/** One row per host of the file: what the API says of its Node, and what the host says of its units. */
const rowsOf = ({ intent, world }: Session): Row[] => {
  const members = membersOf(intent.hosts, world)
  const delegate = pickDelegate(members, world)
  const nodes = (delegate && world[delegate.key]?.nodes) ?? []
  return members.map((member) => {
    const node = nodes.find(({ name }) => name === member.nodeName)
    const units = Object.entries(world[member.key]?.units ?? {}).filter(([, { enabled }]) => enabled)
    return {
      name: member.nodeName,
      roles: [
        ...(member.roles.controlPlane ? ['control-plane'] : []),
        ...(member.roles.etcd ? ['etcd'] : []),
        ...(member.roles.worker ? ['worker'] : []),
      ],
      ready: node?.ready ?? null,
      version: node?.kubelet ?? null,
      address: member.ip,
      units: Object.fromEntries(units.map(([name, { active }]) => [name, active])),
    }
  })
}

/** The units that are not up; "-" where none is known, as on a host that did not answer. */
const unitsText = ({ units }: Row): string => {
  const all = Object.entries(units)
  if (all.length === 0) return '-'
  const broken = all.filter(([, active]) => active !== 'active')
  return broken.map(([name, active]) => `${name} ${active}`).join(', ') || 'ok'
}

const show = (session: Session, options: Options, io: Io): number => {
  const rows = rowsOf(session)
  const { intent } = session
  const ofEtcd = contextsOf(session).flatMap((context) => [
    ...(context.member.roles.etcd ? [...etcdSpace(context), ...etcdStranger(context)] : []),
    ...(context.member.roles.controlPlane ? backupProblems(context) : []),
  ])
  const problems = [...session.problems, ...ofEtcd]
  if (options.output === 'json') io.out(`${JSON.stringify({ cluster: intent.config.cluster_name, nodes: rows, problems })}\n`)
  else {
    const word = (ready: boolean | null) => (ready === null ? '-' : ready ? 'Ready' : 'NotReady')
    io.out(
      table(
        ['NAME', 'STATUS', 'ROLES', 'VERSION', 'ADDRESS', 'UNITS'],
        rows.map((row) => [row.name, word(row.ready), row.roles.join(','), row.version ?? '-', row.address, unitsText(row)]),
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
