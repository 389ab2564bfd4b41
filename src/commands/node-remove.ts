import { membersOf, spokesman } from '../engine/members.ts'
import { keepsQuorum, quorumOf } from '../engine/quorum.ts'
import type { EtcdMemberFact, Facts } from '../hosts/facts.ts'
import { quote } from '../hosts/sh.ts'
import { capture } from '../hosts/transport.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { EXIT } from '../problem.ts'
import type { Member } from '../steps/types.ts'
import { underLock } from './converge.ts'
import { type Session, sayProblems, withSession } from './session.ts'
import type { Command, Io, Options } from './types.ts'

/** What the removal of one node means, as far as the cluster itself can tell. */
type Removal = Readonly<{
  name: string
  speaker: Member
  facts: Facts
  node: boolean
  member: EtcdMemberFact | undefined
  /** Whether the host of the file answered in this run. */
  alive: boolean
  /** Whether the API hears its kubelet: then its pods can be moved away in peace. */
  ready: boolean
}>

const PKI = '/etc/kubernetes/pki/etcd'

const removalOf = (session: Session, name: string): Removal | undefined => {
  const { intent, world } = session
  const members = membersOf(intent.hosts, world)
  const others = members.filter(({ nodeName }) => nodeName !== name)
  const speaker = spokesman(others, world)
  const facts = speaker && world[speaker.key]
  if (!speaker || !facts || facts.api !== 'ready') return undefined
  const host = members.find(({ nodeName }) => nodeName === name)
  return {
    name,
    speaker,
    facts,
    node: facts.nodes.some((node) => node.name === name),
    member: facts.etcdMembers.find((one) => one.name === name || (host && one.peer === `https://${host.ip}:2380`)),
    alive: host !== undefined && world[host.key] !== undefined,
    ready: facts.nodes.find((node) => node.name === name)?.ready ?? false,
  }
}

/** How many of etcd's members answer: those whose host was seen with a running etcd. */
const healthyMembers = ({ intent, world }: Session, { facts }: Removal): number =>
  facts.etcdMembers.filter(({ peer }) =>
    membersOf(intent.hosts, world).some((one) => `https://${one.ip}:2380` === peer && world[one.key]?.units.etcd?.active === 'active'),
  ).length

const quorumProof = (session: Session, removal: Removal): Readonly<{ allowed: boolean; en: string; zh: string }> => {
  if (!removal.member) return { allowed: true, en: '', zh: '' }
  const members = removal.facts.etcdMembers.length
  const healthy = healthyMembers(session, removal)
  const left = members - 1
  const alive = removal.alive ? healthy - 1 : healthy
  return {
    allowed: keepsQuorum(members, healthy, removal.alive ? 'remove-healthy' : 'remove-dead'),
    en: `etcd: ${healthy} of ${members} members are healthy; after it ${alive} of ${left}, and ${quorumOf(left)} are needed.`,
    zh: `etcd：${members} 个成员中 ${healthy} 个健康；移除后 ${left} 个成员中 ${alive} 个健康，至少需要 ${quorumOf(left)} 个。`,
  }
}

/** Pods first, then the vote, then the Node; every part may be gone already. */
const script = ({ name, node, member, ready }: Removal, timeout: number): string =>
  [
    'set -eu\nexport PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
    'k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }\n',
    node && ready
      ? `timeout ${timeout + 30} kubectl --kubeconfig /etc/kubernetes/admin.conf drain ${quote(name)} --ignore-daemonsets --delete-emptydir-data --force --timeout=${timeout}s\n`
      : '',
    member
      ? `timeout 60 etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${PKI}/ca.crt --cert=${PKI}/healthcheck-client.crt --key=${PKI}/healthcheck-client.key member remove ${member.id}\n`
      : '',
    node ? `k delete node ${quote(name)} --ignore-not-found --timeout=60s\n` : '',
    'rm -f /etc/slipway/verified\n',
  ].join('')

const confirmed = async (name: string, options: Options, io: Io): Promise<boolean> => {
  if (options.yes) return true
  if (!io.interactive) return false
  const message = io.language === 'zh' ? `输入节点名称以确认移除：` : `Type the node's name to remove it:`
  const { input } = await import('@inquirer/prompts')
  return (await input({ message })) === name
}

const remove = async (session: Session, removal: Removal, io: Io): Promise<number> => {
  const transport = session.fleet.transports.get(removal.speaker.key)
  if (!transport) return EXIT.unreachable
  const timeout = session.intent.config.upgrade_strategy.node_drain_input.timeout
  const { exit, stdout, stderr } = await capture(transport, script(removal, timeout), { signal: io.signal })
  io.err(escapeRemoteLines(stdout))
  if (exit !== 0) {
    io.err(escapeRemoteLines(stderr))
    return EXIT.failed
  }
  io.err(
    io.language === 'zh'
      ? `${removal.name} 已移出集群。请从 cluster.yml 中删除其条目${removal.alive ? '，主机本身仍保留已安装的内容' : ''}。\n`
      : `${removal.name} is out of the cluster. Delete its entry from cluster.yml${removal.alive ? '; what was installed on the host itself is still there' : ''}.\n`,
  )
  return EXIT.done
}

const escapeRemoteLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `  | ${escapeRemote(line)}\n`)
    .join('')

const say = (io: Io, en: string, zh: string): void => io.err(`${io.language === 'zh' ? zh : en}\n`)

/** What is said before anything is asked; undefined lets the removal go on, a number is the exit code that ends it. */
const objection = (session: Session, removal: Removal, io: Io): number | undefined => {
  const { name } = removal
  if (!removal.node && !removal.member) {
    say(io, `${name} is not in the cluster.`, `${name} 不在集群中。`)
    return EXIT.done
  }
  const proof = quorumProof(session, removal)
  if (proof.en !== '') say(io, proof.en, proof.zh)
  if (!proof.allowed) {
    say(
      io,
      `Removing ${name} would cost the quorum. Bring the other members back first.`,
      `移除 ${name} 会失去法定人数，请先恢复其他成员。`,
    )
    return EXIT.unfit
  }
  if (removal.node && !removal.ready) say(io, `${name} does not answer: its pods are given up.`, `${name} 没有响应：其上的 Pod 将被放弃。`)
  return undefined
}

const consider = async (session: Session, name: string, options: Options, io: Io): Promise<number> => {
  const removal = removalOf(session, name)
  if (!removal) {
    sayProblems(session.problems, io)
    say(io, 'No other control plane answers: there is nobody to take it out of the cluster.', '没有其他控制平面响应，无法移除。')
    return EXIT.unreachable
  }
  const ended = objection(session, removal, io)
  if (ended !== undefined) return ended
  if (!(await confirmed(name, options, io))) return EXIT.interrupted
  return await underLock(session, options, io, () => remove(session, removal, io))
}

/** `slipway node remove NAME`: drains, takes the etcd vote away (the quorum shown first), deletes the Node. */
export const node: Command = {
  name: 'node',
  summary: {
    en: 'node remove NAME: take a node out of the cluster, the quorum shown first',
    zh: 'node remove NAME：将节点移出集群，先显示法定人数',
  },
  run: async (options, io) => {
    const [word, name] = options.rest
    if (word !== 'remove' || name === undefined) {
      say(io, 'Usage: slipway node remove NAME', '用法：slipway node remove NAME')
      return EXIT.config
    }
    return withSession(options, io, (session) => consider(session, name, options, io))
  },
}
