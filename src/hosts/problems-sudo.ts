import { EXIT } from '../problem.ts'
import type { Text } from '../text.ts'
import { escapeRemote } from './lines.ts'
import { TransportError } from './transport.ts'

const error = (at: string, what: Text, fix: Text): TransportError =>
  new TransportError({ at, what, fix, severity: 'error', exit: EXIT.unreachable })

const said = (words: string): Text => {
  const short = escapeRemote(words.trim()).slice(-400)
  return short === '' ? { en: '', zh: '' } : { en: ` (sudo says: ${short})`, zh: `（sudo 输出：${short}）` }
}

export const sudoNeedsPassword = (at: string, words: string) =>
  error(
    at,
    { en: `sudo wants a password and none is given${said(words).en}`, zh: `sudo 需要密码，但没有提供${said(words).zh}` },
    {
      en: 'Set sudo_password (env:NAME, file:PATH or cmd:COMMAND), allow the user NOPASSWD in sudoers, or log in as root',
      zh: '请设置 sudo_password（env:NAME、file:PATH 或 cmd:COMMAND），或在 sudoers 中为该用户设置 NOPASSWD，或以 root 登录',
    },
  )

export const sudoWrongPassword = (at: string) =>
  error(
    at,
    { en: 'sudo refused the password (tried once, not again)', zh: 'sudo 拒绝了密码（只尝试一次）' },
    { en: 'Correct sudo_password', zh: '请修正 sudo_password' },
  )

export const sudoMissing = (at: string) =>
  error(
    at,
    { en: 'has no sudo, and the user is not root', zh: '没有安装 sudo，且登录用户不是 root' },
    { en: 'Install sudo there, or log in as root', zh: '请在该主机安装 sudo，或以 root 登录' },
  )

export const sudoFailed = (at: string, words: string) =>
  error(
    at,
    { en: `sudo let us not become root${said(words).en}`, zh: `无法通过 sudo 成为 root${said(words).zh}` },
    {
      en: 'Check that sudoers allows the user every command as root, without requiretty',
      zh: '请检查 sudoers 是否允许该用户以 root 执行所有命令，且未设置 requiretty',
    },
  )
