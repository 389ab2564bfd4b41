import { EXIT, type Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { escapeRemote } from './lines.ts'
import { RefusedError, TransportError } from './transport.ts'

const error = (at: string, what: Text, fix: Text, exit: Problem['exit'] = EXIT.unreachable, cause?: unknown): TransportError =>
  new TransportError({ at, what, fix, severity: 'error', exit }, { cause })

const refused = (at: string, what: Text, fix: Text, exit: Problem['exit'] = EXIT.unreachable): TransportError =>
  new RefusedError({ at, what, fix, severity: 'error', exit })

const quoted = (words: string): string => escapeRemote(words.trim()).slice(-400)

export const timedOut = (at: string, seconds: number) =>
  error(
    at,
    { en: `did not answer within ${seconds} s`, zh: `${seconds} 秒内没有响应` },
    {
      en: 'Check the address, the port, and that no firewall drops it; a slow host can have more time with ssh.connect_timeout',
      zh: '请检查地址、端口和防火墙；主机较慢时可以调大 ssh.connect_timeout',
    },
  )

const DIAL: Record<string, [Text, Text]> = {
  ECONNREFUSED: [
    { en: 'refused the connection', zh: '拒绝连接' },
    { en: 'Check that sshd runs and listens on this port', zh: '请检查 sshd 是否在运行并监听该端口' },
  ],
  ENOTFOUND: [
    { en: 'has no address: the name is not known', zh: '没有地址：无法解析该名称' },
    { en: 'Check the spelling, or write its IPv4 address', zh: '请检查拼写，或直接填写 IPv4 地址' },
  ],
  EMFILE: [
    { en: 'could not be dialled: this machine allows no more open files', zh: '无法连接：本机已达到打开文件数的上限' },
    { en: 'Raise the limit (ulimit -n 4096) and run again', zh: '请调高上限（ulimit -n 4096）后重试' },
  ],
}
const UNREACHABLE: [Text, Text] = [
  { en: 'cannot be reached', zh: '无法到达' },
  { en: 'Check the address and the route to it (is a bastion_host missing?)', zh: '请检查地址和路由（是否缺少 bastion_host？）' },
]

/** The tcp connection could not be made. */
export function undialled(at: string, cause: NodeJS.ErrnoException): TransportError {
  const code = cause.code === 'EAI_AGAIN' ? 'ENOTFOUND' : (cause.code ?? '')
  const [what, fix] = DIAL[code] ?? UNREACHABLE
  const detail = code === '' ? quoted(cause.message) : code
  return error(at, { en: `${what.en} (${detail})`, zh: `${what.zh}（${detail}）` }, fix, EXIT.unreachable, cause)
}

export const noTunnel = (at: string, bastion: string, cause: Error) =>
  error(
    at,
    {
      en: `cannot be reached from the bastion ${bastion} (${quoted(cause.message)})`,
      zh: `无法从跳板机 ${bastion} 到达（${quoted(cause.message)}）`,
    },
    {
      en: 'Check the address as the bastion sees it, and AllowTcpForwarding on the bastion',
      zh: '请检查从跳板机看到的地址，以及跳板机的 AllowTcpForwarding',
    },
    EXIT.unreachable,
    cause,
  )

/** The other side closed or broke off before we were in. */
export const handshakeFailed = (at: string, cause: Error) =>
  error(
    at,
    { en: `broke off the ssh handshake (${quoted(cause.message)})`, zh: `ssh 握手中断（${quoted(cause.message)}）` },
    {
      en: 'Check that an ssh server listens on this port, and its log (MaxStartups and PerSourcePenalties drop connections)',
      zh: '请检查该端口上是否为 ssh 服务，并查看其日志（MaxStartups 和 PerSourcePenalties 会丢弃连接）',
    },
    EXIT.unreachable,
    cause,
  )

export const lost = (at: string, cause?: Error) =>
  error(
    at,
    { en: `connection lost${cause ? ` (${quoted(cause.message)})` : ''}`, zh: `连接中断${cause ? `（${quoted(cause.message)}）` : ''}` },
    { en: 'Run the same command again: it goes on where it stopped', zh: '请再次运行同一命令，它会从中断处继续' },
    EXIT.unreachable,
    cause,
  )

export const unauthorised = (at: string, tried: readonly string[], notes: readonly string[], accepts: readonly string[]) =>
  refused(
    at,
    {
      en: `let none of our credentials in (tried: ${tried.join(', ') || 'nothing, there is nothing to try'}${accepts.length > 0 ? `; it accepts: ${accepts.join(', ')}` : ''})${notes.map((n) => `; ${n}`).join('')}`,
      zh: `登录认证失败（已尝试：${tried.join('、') || '无可用凭据'}${accepts.length > 0 ? `；主机接受：${accepts.join('、')}` : ''}）${notes.map((n) => `；${n}`).join('')}`,
    },
    {
      en: "Put your public key into the user's authorized_keys (ssh-copy-id), or name another key, user or password in cluster.yml (ssh_key_path, user, password)",
      zh: '请把公钥加入该用户的 authorized_keys（ssh-copy-id），或在 cluster.yml 中指定其他密钥、用户或密码（ssh_key_path、user、password）',
    },
  )

/** sshd hung up after MaxAuthTries, before the right key's turn. */
export const tooManyTries = (at: string, tried: readonly string[]) =>
  refused(
    at,
    {
      en: `hung up after ${tried.length} refused keys (MaxAuthTries); offered: ${tried.join(', ')}`,
      zh: `在拒绝 ${tried.length} 个密钥后断开（MaxAuthTries）；已提供：${tried.join('、')}`,
    },
    {
      en: 'Name the right key with ssh_key_path (its .pub file will do where an agent holds it): it is offered first',
      zh: '请用 ssh_key_path 指定正确的密钥（若密钥在 agent 中，可填其 .pub 文件）：它会最先提供',
    },
  )

/** The host takes key exchanges only that Slipway's ssh library does not have. */
export const noKeyExchange = (at: string) =>
  refused(
    at,
    {
      en: 'allows no key exchange that Slipway knows (KexAlgorithms of its sshd_config)',
      zh: '不允许 Slipway 所支持的任何密钥交换算法（其 sshd_config 的 KexAlgorithms）',
    },
    {
      en: 'Add curve25519-sha256 to KexAlgorithms in /etc/ssh/sshd_config there and run systemctl reload ssh',
      zh: '请在该主机 /etc/ssh/sshd_config 的 KexAlgorithms 中加入 curve25519-sha256，然后运行 systemctl reload ssh',
    },
  )

export const keyUnusable = (at: string, path: string, reason: string) =>
  refused(
    at,
    { en: `the key file ${path} cannot be used (${quoted(reason)})`, zh: `无法使用密钥文件 ${path}（${quoted(reason)}）` },
    { en: 'Correct ssh_key_path (or ssh.key_path); it names the private key', zh: '请修正 ssh_key_path（或 ssh.key_path），它应指向私钥' },
    EXIT.config,
  )

export const secretMissing = (at: string, ref: string, reason: string) =>
  refused(
    at,
    { en: `the secret ${ref.split(':', 1)[0]}: ${reason}`, zh: `密码引用 ${ref.split(':', 1)[0]}：${reason}` },
    {
      en: 'Set it, or correct the reference (env:NAME, file:PATH, cmd:COMMAND)',
      zh: '请设置它，或修正引用（env:NAME、file:PATH、cmd:COMMAND）',
    },
    EXIT.config,
  )

export const shellFailed = (at: string, code: number | null, words: string) =>
  error(
    at,
    {
      en: `started no shell (exit ${code ?? 'by signal'}): ${quoted(words) || 'no words'}`,
      zh: `无法启动 shell（退出码 ${code ?? '信号'}）：${quoted(words) || '无输出'}`,
    },
    {
      en: "Check the user's login shell and that sshd forces no command (ForceCommand)",
      zh: '请检查该用户的登录 shell，以及 sshd 是否设置了 ForceCommand',
    },
  )

export const silent = (at: string, seconds: number, words: string) =>
  error(
    at,
    {
      en: `started no shell within ${seconds} s: ${quoted(words) || 'no words'}`,
      zh: `${seconds} 秒内未能启动 shell：${quoted(words) || '无输出'}`,
    },
    { en: "Check the user's login shell, its profile, and PAM on that host", zh: '请检查该用户的登录 shell、其 profile 以及该主机的 PAM' },
  )
