import { chmod, copyFile, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mergeKubeconfig, renameKubeconfig } from '../config/kubeconfig-merge.ts'
import { membersOf, spokesman } from '../engine/members.ts'
import { capture } from '../hosts/transport.ts'
import { EXIT } from '../problem.ts'
import { exitOf, type Session, sayProblems, withSession } from './session.ts'
import type { Command, Io, Options } from './types.ts'

const ADMIN = '/etc/kubernetes/admin.conf'

/** The administrator's kubeconfig as some control plane holds it, for use from this machine. */
const fetchKubeconfig = async ({ intent, world, fleet }: Session): Promise<string | undefined> => {
  const speaker = spokesman(membersOf(intent.hosts, world), world)
  const transport = speaker && fleet.transports.get(speaker.key)
  if (!transport || !world[speaker.key]?.paths[ADMIN]) return undefined
  const { exit, stdout } = await capture(transport, `cat ${ADMIN}\n`)
  // The address ssh uses is one this machine reaches, and one of the certificate's names.
  const reachable = speaker.address === 'localhost' ? speaker.ip : speaker.address
  const { control_plane_endpoint: endpoint, control_plane_vip: vip } = intent.config
  const server = `https://${endpoint ?? vip?.address ?? reachable}:6443`
  return exit === 0 ? renameKubeconfig(stdout, intent.config.cluster_name, server) : undefined
}

/** Writes whole or not at all, readable by the user alone; what was there is kept beside it. */
const replaceFile = async (path: string, text: string): Promise<string | undefined> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const backup = `${path}.slipway-backup`
  const kept = await copyFile(path, backup).then(
    () => backup,
    () => undefined,
  )
  if (kept) await chmod(kept, 0o600)
  const temporary = `${path}.slipway-${process.pid}`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  return kept
}

const merge = async (added: string, io: Io): Promise<number> => {
  const path = io.env.KUBECONFIG?.split(':')[0] || join(io.home, '.kube/config')
  const existing = await readFile(path, 'utf8').catch(() => undefined)
  let text: string
  try {
    text = mergeKubeconfig(existing, added)
  } catch (error) {
    io.err(
      io.language === 'zh'
        ? `${path} 无法合并：${(error as Error).message}。文件未改动。\n`
        : `${path} cannot be merged into: ${(error as Error).message}. It was left as it is.\n`,
    )
    return EXIT.config
  }
  const kept = await replaceFile(path, text)
  const old = kept ? (io.language === 'zh' ? `，原文件保存在 ${kept}` : `; what was there is kept in ${kept}`) : ''
  io.err(io.language === 'zh' ? `已写入 ${path}${old}。\n` : `Merged into ${path}${old}.\n`)
  return EXIT.done
}

const deliver = async (session: Session, options: Options, io: Io): Promise<number> => {
  const text = await fetchKubeconfig(session)
  if (text === undefined) {
    sayProblems(session.problems, io)
    io.err(
      io.language === 'zh'
        ? '没有控制平面持有 admin.conf。请先运行 slipway up。\n'
        : 'No control plane holds an admin.conf yet. Run slipway up first.\n',
    )
    return exitOf(session.problems) || EXIT.unfit
  }
  if (options.rest[0] !== '-') return merge(text, io)
  io.out(text)
  return EXIT.done
}

/** `slipway kubeconfig`: the administrator's kubeconfig, merged into ~/.kube/config; `slipway kubeconfig -` prints it. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  summary: {
    en: 'Merge the cluster into ~/.kube/config (kubeconfig -: print it)',
    zh: '将集群合并到 ~/.kube/config（kubeconfig -：打印到标准输出）',
  },
  run: (options, io) => withSession(options, io, (session) => deliver(session, options, io)),
}
