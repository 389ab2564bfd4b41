import { access } from 'node:fs/promises'
import { membersOf, pickDelegate } from '../../cluster/members.ts'
import { compareVersions, parts, runningVersion } from '../../cluster/versions.ts'
import { KUBELET_SKEW } from '../../config/components.ts'
import { EXIT } from '../../problem.ts'
import { type ListedRelease, listReleases, wayFrom } from '../../releases/overview.ts'
import { exitOf, openSession, readIntent, refuse, sayProblems, type Session } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Command, Io, Options } from '../../run/types.ts'
import { table } from '../../ui/table.ts'

const BOTH = ['amd64', 'arm64'] as const

/** What the hosts of a cluster run: the API servers' releases, and the kubelets by their nodes. */
export type Running = Readonly<{ apiservers: readonly string[]; kubelets: readonly Readonly<{ name: string; version: string }>[] }>

export const runningOn = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Running => {
  const members = membersOf(intent.hosts, world)
  const delegate = pickDelegate(members, world)
  const apiservers = members.flatMap(({ key }) => runningVersion(world[key], 'kube-apiserver', 'kubernetes') ?? [])
  const nodes = (delegate && world[delegate.key]?.nodes) ?? []
  return {
    apiservers: [...new Set(apiservers)].toSorted(compareVersions),
    kubelets: nodes.filter(({ kubelet }) => kubelet !== '').map(({ name, kubelet }) => ({ name, version: kubelet })),
  }
}

const releaseRow = ({ kubernetes, unpinned, ends }: ListedRelease, now: string, running: Running | undefined, io: Io): string[] => {
  const zh = io.language === 'zh'
  const pinned = unpinned === 0 ? (zh ? '完整' : 'whole') : zh ? `缺 ${unpinned}：lock` : `${unpinned} missing: lock`
  const ended = ends < now ? (zh ? '（已结束）' : ' (ended)') : ''
  return [kubernetes, pinned, `${ends}${ended}`, running?.apiservers.includes(kubernetes) ? '*' : '']
}

/** The kubelets that are of an older minor than the oldest API server. */
const older = ({ apiservers, kubelets }: Running): readonly Readonly<{ name: string; version: string; minors: number }>[] => {
  const [oldest] = apiservers
  if (oldest === undefined) return []
  return kubelets.map((one) => ({ ...one, minors: parts(oldest)[1] - parts(one.version)[1] })).filter(({ minors }) => minors > 0)
}

const sayRunning = (running: Running, io: Io): void => {
  const [oldest] = running.apiservers
  if (oldest === undefined) {
    tell(io, { en: 'No host that answered runs an API server.', zh: '已连接的主机均未运行 API 服务器。' })
    return
  }
  const list = running.apiservers.join(', ')
  const way = wayFrom(oldest)
  tell(io, { en: `This cluster runs ${list}.`, zh: `此集群运行 ${list}。` })
  for (const { name, version, minors } of older(running))
    tell(io, {
      en: `The kubelet of ${name} is ${version}, ${minors} minor${minors === 1 ? '' : 's'} older: ${minors <= KUBELET_SKEW ? `tolerated, up to ${KUBELET_SKEW}` : `more than the ${KUBELET_SKEW} that are tolerated`}.`,
      zh: `${name} 的 kubelet 为 ${version}，早 ${minors} 个次版本：${minors <= KUBELET_SKEW ? `在允许的 ${KUBELET_SKEW} 个之内` : `超过允许的 ${KUBELET_SKEW} 个`}。`,
    })
  if (way.length === 0) tell(io, { en: 'Nothing newer is known to this Slipway.', zh: '此版本的 Slipway 没有更新的版本。' })
  else tell(io, { en: `An upgrade goes ${[oldest, ...way].join(' -> ')}.`, zh: `升级路径：${[oldest, ...way].join(' -> ')}。` })
}

/** Prints the releases, and what runs where that is known. */
export const show = (releases: readonly ListedRelease[], running: Running | undefined, options: Pick<Options, 'output'>, io: Io): void => {
  if (options.output === 'json') {
    const [oldest] = running?.apiservers ?? []
    const cluster = running && { ...running, older: older(running), upgrade: oldest === undefined ? [] : wayFrom(oldest) }
    io.out(`${JSON.stringify({ releases: releases.map((one) => ({ ...one, whole: one.unpinned === 0 })), cluster: cluster ?? null })}\n`)
    return
  }
  const now = new Date(Date.now()).toISOString().slice(0, 10)
  io.out(
    table(
      ['KUBERNETES', 'DIGESTS', 'SUPPORT ENDS', 'RUNS'],
      releases.map((one) => releaseRow(one, now, running, io)),
      io.outColumns,
    ),
  )
  if (running) sayRunning(running, io)
}

const there = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** `slipway versions`: the releases there are, and where this cluster stands among them. Without a cluster.yml it lists the releases alone. */
export const versions: Command = {
  name: 'versions',
  summary: {
    en: 'Show the Kubernetes releases, what this cluster runs and the way up (--offline: ask no hosts)',
    zh: '显示可用的 Kubernetes 版本、集群现状与升级路径（--offline：不连接主机）',
  },
  shared: ['offline'],
  run: async (options, io) => {
    if (options.files.length === 0 && !(await there(options.file))) {
      show(listReleases(BOTH), undefined, options, io)
      return EXIT.done
    }
    const intent = await readIntent(options)
    if ('problems' in intent) return refuse(intent.problems, io, options)
    const { pins } = intent.cluster
    if (options.offline) {
      show(listReleases(BOTH, pins), undefined, options, io)
      return EXIT.done
    }
    const session = await openSession(intent, io)
    await using _ = session.fleet
    const arches = [...new Set(Object.values(session.world).map(({ arch }) => arch))]
    show(listReleases(arches.length > 0 ? arches : BOTH, pins), runningOn(session), options, io)
    if (options.output === 'text') sayProblems(session.problems, io)
    return exitOf(session.problems)
  },
}
