import { chmod, copyFile, mkdir, open, readFile, realpath, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mergeKubeconfig, renameKubeconfig } from '../config/kubeconfig-merge.ts'
import { membersOf, pickDelegate } from '../cluster/members.ts'
import { capture } from '../hosts/transport.ts'
import { ifThere } from '../if-there.ts'
import { EXIT } from '../problem.ts'
import type { Text } from '../text.ts'
import { refuse, type Session, strangersIn, withSession } from '../run/session.ts'
import { tell } from '../run/tell.ts'
import type { Command, Io, Options } from '../run/types.ts'

const ADMIN = '/etc/kubernetes/admin.conf'

/** The administrator's kubeconfig as some control plane holds it, for use from this machine. */
const fetchKubeconfig = async ({ intent, world, fleet }: Session): Promise<string | undefined> => {
  const delegate = pickDelegate(membersOf(intent.hosts, world), world)
  const transport = delegate && fleet.transports.get(delegate.key)
  if (!transport || !world[delegate.key]?.paths[ADMIN]) return undefined
  const { exit, stdout } = await capture(transport, `cat ${ADMIN}\n`)
  // The address ssh uses is one this machine reaches, and one of the certificate's names.
  const reachable = delegate.address === 'localhost' ? delegate.ip : delegate.address
  const { control_plane_endpoint: endpoint, control_plane_vip: vip } = intent.config
  const server = `https://${endpoint ?? vip?.address ?? reachable}:6443`
  return exit === 0 ? renameKubeconfig(stdout, intent.config.cluster_name, server) : undefined
}

const NOBODY: Text = {
  en: 'No control plane answers. Bring one back, then run slipway kubeconfig again.',
  zh: '没有控制平面响应。请先恢复其中一台，再运行 slipway kubeconfig。',
}

const NONE_YET: Text = {
  en: 'No control plane holds an admin.conf yet. Run slipway up first.',
  zh: '没有控制平面持有 admin.conf。请先运行 slipway up。',
}

/** Writes whole or not at all, readable by the user alone; what was there is kept beside it. */
const replaceFile = async (path: string, text: string): Promise<string | undefined> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const backup = `${path}.slipway-backup`
  const kept = await ifThere(copyFile(path, backup).then(() => backup))
  if (kept) await chmod(kept, 0o600)
  const temporary = `${path}.slipway-${process.pid}`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  return kept
}

/** Merges a kubeconfig into the user's own: the first of KUBECONFIG, else ~/.kube/config; what a link points to, not the link. */
export const merge = async (added: string, io: Io): Promise<number> => {
  const named = io.env.KUBECONFIG?.split(':')[0] || join(io.home, '.kube/config')
  let path = named
  let kept: string | undefined
  try {
    path = (await ifThere(realpath(named))) ?? named
    kept = await replaceFile(path, mergeKubeconfig(await ifThere(readFile(path, 'utf8')), added))
  } catch (error) {
    io.err(
      io.language === 'zh'
        ? `${path} 无法合并：${(error as Error).message}。文件未改动。\n`
        : `${path} cannot be merged into: ${(error as Error).message}. It was left as it is.\n`,
    )
    return EXIT.config
  }
  const old = kept ? (io.language === 'zh' ? `，原文件保存在 ${kept}` : `; what was there is kept in ${kept}`) : ''
  io.err(io.language === 'zh' ? `已写入 ${path}${old}。\n` : `Merged into ${path}${old}.\n`)
  return EXIT.done
}

/** The same with hosts that are connected and seen. */
export const deliver = async (session: Session, options: Options, io: Io): Promise<number> => {
  const planes = session.intent.hosts.filter(({ roles }) => roles.controlPlane)
  const strangers = strangersIn({ ...session, intent: { ...session.intent, hosts: planes } })
  if (strangers.length > 0) return refuse(strangers, io, options)
  const text = await fetchKubeconfig(session)
  if (text === undefined) {
    const exit = refuse(session.problems, io, options)
    const answers = session.intent.hosts.some(({ key, roles }) => roles.controlPlane && session.world[key])
    tell(io, answers ? NONE_YET : NOBODY)
    return exit || EXIT.unfit
  }
  if (options.rest[0] !== '-') return merge(text, io)
  io.out(text)
  return EXIT.done
}

/** `slipway kubeconfig`: the administrator's kubeconfig, merged into ~/.kube/config; `slipway kubeconfig -` prints it. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  most: 1,
  summary: {
    en: 'Merge the cluster into ~/.kube/config (kubeconfig -: print it)',
    zh: '将集群合并到 ~/.kube/config（kubeconfig -：打印到标准输出）',
  },
  run: (options, io) => withSession(options, io, (session) => deliver(session, options, io)),
}
