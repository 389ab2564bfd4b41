import { EXIT, type Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { quote } from '../shell/quote.ts'
import { RefusedError, type TransportError } from './transport.ts'

const error = (at: string, what: Text, fix: Text, exit: Problem['exit'] = EXIT.unreachable): TransportError =>
  new RefusedError({ at, what, fix, severity: 'error', exit })

/** How to take out what known-hosts files say of a host: in the files where the lines are, under the name that they have there. */
export const removalOf = (known: readonly { where: string }[], name: string): string =>
  [...new Set(known.flatMap(({ where }) => /^(\/.*):\d+$/.exec(where)?.[1] ?? []))]
    .map((path) => `ssh-keygen -f ${quote(path)} -R ${quote(name)}`)
    .join(' && ')

/** `path`: the file where accepted keys are kept. */
export const hostKeyUnknown = (
  at: string,
  { host, port, path }: Readonly<{ host: string; port: number; path: string }>,
  type: string,
  print: string,
  authority: boolean,
) =>
  error(
    at,
    {
      en: `shows a host key that is not known: ${type} ${print}${authority ? ' (a @cert-authority line names it, but host certificates are not supported)' : ''}`,
      zh: `的主机密钥未知：${type} ${print}${authority ? '（有匹配的 @cert-authority 行，但不支持主机证书）' : ''}`,
    },
    {
      en: `Compare the fingerprint with the host's own, then: ssh-keyscan -p ${port} ${host} >> ${quote(path)}, or pin it as host_key, or set ssh.accept_new: true`,
      zh: `请先与主机本身的指纹核对，然后：ssh-keyscan -p ${port} ${host} >> ${quote(path)}，或写入 host_key，或设置 ssh.accept_new: true`,
    },
  )

export const hostKeyDeclined = (at: string, type: string, print: string) =>
  error(
    at,
    { en: `the host key was not accepted: ${type} ${print}`, zh: `主机密钥未被接受：${type} ${print}` },
    { en: 'Run again and accept it when the fingerprint is right', zh: '确认指纹无误后请重新运行并接受' },
  )

export const hostKeyRevoked = (at: string, type: string, print: string, where: string) =>
  error(
    at,
    { en: `shows a host key that is revoked (${type} ${print}, ${where})`, zh: `的主机密钥已被吊销（${type} ${print}，${where}）` },
    { en: 'Do not connect before it is clear why the host still has that key', zh: '在查明该主机为何仍使用此密钥之前请勿连接' },
  )

/** Somebody may be listening in, or the host was installed anew: never waved through. */
export const hostKeyChanged = (
  at: string,
  type: string,
  print: string,
  known: readonly { type: string; fingerprint: string; where: string }[],
  name: string,
) => {
  const removal = removalOf(known, name)
  const mend: Text =
    removal === ''
      ? { en: 'correct host_key', zh: '请修正 host_key' }
      : { en: `remove the old line (${removal})`, zh: `请删除旧记录（${removal}）` }
  const before = known.map((k) => `${k.type} ${k.fingerprint} (${k.where})`).join(', ')
  return error(
    at,
    {
      en: `the HOST KEY CHANGED: it shows ${type} ${print}, known is ${before}`,
      zh: `主机密钥已改变：现为 ${type} ${print}，已知为 ${before}`,
    },
    {
      en: `Somebody may stand between you and the host. If it was reinstalled, ${mend.en}, and compare the new fingerprint`,
      zh: `可能存在中间人攻击。如果主机已重装，${mend.zh}，并核对新指纹`,
    },
  )
}

/** Of the types that are known none is offered any more. */
export const hostKeyTypesGone = (at: string, types: readonly string[], removal: string) =>
  error(
    at,
    {
      en: `offers no host key of a type that is known for it (${types.join(', ')})`,
      zh: `不再提供已知类型的主机密钥（${types.join('、')}）`,
    },
    {
      en: `Compare the host's keys (ssh-keyscan) with those you know; if they were made anew, ${removal ? `remove the old lines (${removal})` : 'correct host_key'}`,
      zh: `请核对主机密钥（ssh-keyscan）；如已重新生成，请${removal ? `删除旧记录（${removal}）` : '修正 host_key'}`,
    },
  )

export const badPin = (at: string) =>
  error(
    at,
    { en: 'host_key is not a public key', zh: 'host_key 不是有效的公钥' },
    { en: 'Write type and key as in known_hosts: ssh-ed25519 AAAA...', zh: '请按 known_hosts 的格式填写类型和密钥：ssh-ed25519 AAAA...' },
    EXIT.config,
  )

export const knownHostsUnread = (path: string, { code = '' }: NodeJS.ErrnoException) =>
  error(
    path,
    { en: `the known-hosts file cannot be read (${code})`, zh: `无法读取 known_hosts 文件（${code}）` },
    {
      en: 'Make it a file that you may read: taken for empty, it would hide a changed host key',
      zh: '请确保它是当前用户可读的普通文件：若视为空文件，主机密钥的改变将无法发现',
    },
    EXIT.config,
  )

/** A warning: the run goes on. */
export const hostKeysUnkept = (path: string, { code, message }: NodeJS.ErrnoException): Problem => ({
  at: path,
  what: {
    en: `cannot be written (${code ?? message}): the host keys accepted now are not kept`,
    zh: `无法写入（${code ?? message}）：本次接受的主机密钥不会保存`,
  },
  fix: {
    en: 'Make the file and its folder writable, or name another file as ssh.known_hosts; until then the next run does not know these keys',
    zh: '请确保该文件及其目录可写，或用 ssh.known_hosts 指定其他文件；否则下次运行仍不认识这些密钥',
  },
  severity: 'warning',
  exit: EXIT.unreachable,
})
