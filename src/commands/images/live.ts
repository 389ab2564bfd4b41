import { membersOf, pickDelegate } from '../../cluster/members.ts'
import { escapeRemote } from '../../hosts/lines.ts'
import { onHost } from '../../shell/script.ts'
import { quote } from '../../shell/quote.ts'
import { capture, type Transport } from '../../hosts/transport.ts'
import { LIVE_KINDS, liveDiff, livePatch, type LiveWorkload, liveWorkloads } from '../../images/live.ts'
import { renamer } from '../../images/rewrite.ts'
import { EXIT } from '../../problem.ts'
import { same, type Text } from '../../text.ts'
import { confirmPlan } from '../../ui/prompt.ts'
import { consent } from '../../run/consent.ts'
import { type Renaming, renamingOf } from './sources.ts'
import { openSession, readIntent, refuse, type Session, strangersIn } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'

const workloadsOf = async (transport: Transport, namespace: string | undefined): Promise<unknown> => {
  const where = namespace === undefined ? '--all-namespaces' : `--namespace ${quote(namespace)}`
  const { exit, stdout, stderr } = await capture(
    transport,
    onHost(`k 60 get ${LIVE_KINDS.join(',')} ${where} --show-managed-fields -o json`, { enters: false }),
  )
  if (exit !== 0) throw new Error(escapeRemote(stderr.trim() || `kubectl ended with ${exit}`))
  return JSON.parse(stdout)
}

const patch = async (transport: Transport, workload: LiveWorkload): Promise<string | undefined> => {
  const { kind, namespace, name } = workload
  const { exit, stderr } = await capture(
    transport,
    onHost(
      `k 30 patch ${quote(kind.toLowerCase())} ${quote(name)} --namespace ${quote(namespace)} --type=json --field-manager=slipway-images -p ${quote(livePatch(workload))} >/dev/null`,
      { enters: false },
    ),
  )
  return exit === 0 ? undefined : escapeRemote(stderr.trim().split('\n').at(-1) ?? '')
}

/** What somebody has to do before the new names are used. */
const waitingText = ({ kind, namespace, name, paused }: LiveWorkload): Text | undefined => {
  const target = `${kind.toLowerCase()}/${name} -n ${namespace}`
  switch (paused) {
    case 'rollout':
      return {
        en: `it is paused: nothing rolls until kubectl rollout resume ${target}`,
        zh: `它已暂停：执行 kubectl rollout resume ${target} 后才会滚动更新`,
      }
    case 'suspend':
      return { en: 'it is suspended: nothing runs until spec.suspend is false', zh: '它已挂起：spec.suspend 为 false 后才会运行' }
    case 'on-delete':
      return {
        en: 'its updateStrategy is OnDelete: a Pod changes when it is deleted',
        zh: '其 updateStrategy 为 OnDelete：Pod 被删除后才会更新',
      }
    case 'partition':
      return {
        en: 'its updateStrategy has a partition: Pods below it keep the old names',
        zh: '其 updateStrategy 设有 partition：序号较小的 Pod 保持原名称',
      }
    case undefined:
      return undefined
  }
}

const patchedText = (what: string, workload: LiveWorkload): Text => {
  const waiting = waitingText(workload)
  return { en: `${what}: patched${waiting ? `; ${waiting.en}` : ''}`, zh: `${what}：已修改${waiting ? `；${waiting.zh}` : ''}` }
}

const patchAll = async (transport: Transport, workloads: readonly LiveWorkload[], io: Io): Promise<number> => {
  let failed = 0
  for (const workload of workloads) {
    const what = `${workload.namespace} ${workload.kind}/${workload.name}`
    const error = await patch(transport, workload)
    if (error === undefined) tell(io, patchedText(what, workload))
    else {
      failed++
      tell(io, { en: `${what}: not patched: ${error}`, zh: `${what}：修改失败：${error}` })
    }
  }
  return failed === 0 ? EXIT.done : EXIT.failed
}

const show = (workloads: readonly LiveWorkload[], options: Options, io: Io): void => {
  if (options.output === 'json') io.out(`${JSON.stringify({ workloads })}\n`)
  else for (const workload of workloads) io.out(`${liveDiff(workload)}\n`)
  for (const { namespace, name } of workloads.filter(({ fixed }) => fixed))
    tell(io, {
      en: `${namespace} Job/${name}: a Job's template cannot be changed; delete it and create it again from a rewritten manifest.`,
      zh: `${namespace} Job/${name}：Job 的模板不可修改；请删除后用改写过的清单重新创建。`,
    })
}

/** A control plane that can speak for the cluster. */
const delegateOf = ({ intent, world, fleet }: Session): Transport | undefined => {
  const delegate = pickDelegate(membersOf(intent.hosts, world), world)
  return delegate && world[delegate.key]?.api === 'ready' ? fleet.transports.get(delegate.key) : undefined
}

/** Shows what would change, and changes it where somebody wants that. */
export const change = async (workloads: readonly LiveWorkload[], transport: Transport, options: Options, io: Io): Promise<number> => {
  show(workloads, options, io)
  const changeable = workloads.filter(({ fixed }) => !fixed)
  if (changeable.length === 0) {
    if (options.output === 'text') tell(io, { en: 'No workload has to be changed.', zh: '没有需要修改的工作负载。' })
    return EXIT.done
  }
  if (options.exitCode) return EXIT.changes
  const refused = await consent(options, io, () => confirmPlan(io.language))
  return refused !== EXIT.done ? refused : await patchAll(transport, changeable, io)
}

/** The same with control planes that are connected and seen. */
export const rewriteIn = async (session: Session, { sources, rules }: Renaming, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const transport = delegateOf(session)
  if (!transport) {
    const exit = refuse(session.problems, io, options)
    tell(io, { en: 'No control plane answers for the cluster.', zh: '没有可用的控制平面。' })
    return exit || EXIT.unreachable
  }
  const { namespace, 'pull-policy': policy } = options.flags
  let answer: unknown
  try {
    answer = await workloadsOf(transport, typeof namespace === 'string' ? namespace : undefined)
  } catch (error) {
    tell(io, same(`${transport.label}: ${(error as Error).message}`))
    return EXIT.failed
  }
  return change(liveWorkloads(answer, renamer(sources, rules), policy === true), transport, options, io)
}

/** `slipway images rewrite --live [-n NS]`: the workloads that run in the cluster get the mirrors' names, after they were shown. */
export const rewriteLive = async (options: Options, io: Io): Promise<number> => {
  const file = typeof options.flags.cluster === 'string' ? options.flags.cluster : options.file
  const intent = await readIntent({ ...options, file })
  const renaming = await renamingOf({ ...options, flags: { ...options.flags, cluster: file } }, io)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  if ('problems' in renaming) return refuse(renaming.problems, io, options)
  const session = await openSession({ ...intent, hosts: intent.hosts.filter(({ roles }) => roles.controlPlane) }, io)
  await using _ = session.fleet
  return await rewriteIn(session, renaming, options, io)
}
