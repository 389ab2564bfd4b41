import { hostPort } from '../host-port.ts'
import { shortCa } from '../cluster/identity.ts'
import { renameKubeconfig } from '../config/kubeconfig-merge.ts'
import { DEFAULT_NAME } from '../config/schema.ts'
import { membersOf, pickDelegate } from '../cluster/members.ts'
import { capture } from '../hosts/transport.ts'
import { EXIT } from '../problem.ts'
import { authorityOf } from '../resources/generations.ts'
import type { Text } from '../text.ts'
import { refuse, type Session, strangersIn, withSession } from '../run/session.ts'
import { tell } from '../run/tell.ts'
import type { Command, Io, Options } from '../run/types.ts'
import { merge } from './kubeconfig-write.ts'

export { merge }

const ADMIN = '/etc/kubernetes/admin.conf'

/** What the entries of a cluster are called. One that was given no name has that of its CA: every kubeadm cluster is called kubernetes. */
export const contextName = ({ intent, world }: Pick<Session, 'intent' | 'world'>): string => {
  const { cluster_name: name } = intent.config
  return name === DEFAULT_NAME ? `${name}-${shortCa(authorityOf(world, 'ca')?.key ?? '')}` : name
}

/** The administrator's kubeconfig as some control plane holds it, for use from this machine. */
const fetchKubeconfig = async (session: Session, asked: string | undefined): Promise<string | undefined> => {
  const { intent, world, fleet } = session
  const delegate = pickDelegate(membersOf(intent.hosts, world), world)
  const transport = delegate && fleet.transports.get(delegate.key)
  if (!transport || !world[delegate.key]?.paths[ADMIN]) return undefined
  const { exit, stdout } = await capture(transport, `cat ${ADMIN}\n`)
  // The address ssh uses is one this machine reaches, and one of the certificate's names.
  const reachable = delegate.address === 'localhost' ? delegate.ip : delegate.address
  const { control_plane_endpoint: endpoint, control_plane_vip: vip } = intent.config
  const server = `https://${hostPort(endpoint ?? vip?.address ?? reachable, 6443)}`
  return exit === 0 ? renameKubeconfig(stdout, asked ?? contextName(session), server) : undefined
}

const NOBODY: Text = {
  en: 'No control plane answers. Bring one back, then run slipway kubeconfig again.',
  zh: '没有控制平面响应。请先恢复其中一台，再运行 slipway kubeconfig。',
}

const NONE_YET: Text = {
  en: 'No control plane holds an admin.conf yet. Run slipway up first.',
  zh: '没有控制平面持有 admin.conf。请先运行 slipway up。',
}

/** The same with hosts that are connected and seen. */
export const deliver = async (session: Session, options: Options, io: Io): Promise<number> => {
  const planes = session.intent.hosts.filter(({ roles }) => roles.controlPlane)
  const strangers = strangersIn({ ...session, intent: { ...session.intent, hosts: planes } })
  if (strangers.length > 0) return refuse(strangers, io, options)
  const { context } = options.flags
  const asked = typeof context === 'string' ? context : undefined
  const text = await fetchKubeconfig(session, asked)
  if (text === undefined) {
    const exit = refuse(session.problems, io, options)
    const answers = session.intent.hosts.some(({ key, roles }) => roles.controlPlane && session.world[key])
    tell(io, answers ? NONE_YET : NOBODY)
    return exit || EXIT.unfit
  }
  const sharesCa = session.intent.cluster.authorities?.ca !== undefined
  if (options.rest[0] !== '-') return merge(text, io, { sharesCa, ...(asked === undefined ? {} : { asked }) })
  io.out(text)
  return EXIT.done
}

/** `slipway kubeconfig`: the administrator's kubeconfig, merged into ~/.kube/config; `slipway kubeconfig -` prints it. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  most: 1,
  usage: ['[-] [--context NAME]'],
  flags: { context: { type: 'string' } },
  summary: {
    en: 'Merge the cluster into ~/.kube/config (kubeconfig -: print it; --context NAME)',
    zh: '将集群合并到 ~/.kube/config（kubeconfig -：打印到标准输出；--context 名称）',
  },
  run: (options, io) => withSession(options, io, (session) => deliver(session, options, io)),
}
