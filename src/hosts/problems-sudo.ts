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

const sudoNeedsPassword = (at: string, words: string) =>
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

type Reason = Readonly<{ said: RegExp; what: Text; fix: Text }>

/**
 * Why sudo lets a user not become root, by what it says (in English: it runs with LC_ALL=C). Those of sudo are from its sources (plugins/sudoers,
 * src/sudo.c), those of sudo-rs, Ubuntu's default since 25.10, from src/common/error.rs there.
 */
const REASONS: readonly Reason[] = [
  {
    said: /must have a tty/i,
    what: { en: 'sudo wants a terminal (requiretty)', zh: 'sudo 要求终端（requiretty）' },
    fix: {
      en: 'Run visudo there and add the line "Defaults:USER !requiretty" with the name of this user',
      zh: '请在该主机运行 visudo，加入一行 "Defaults:USER !requiretty"（USER 为该用户名）',
    },
  },
  {
    said: /not in the sudoers file|may not run sudo|not allowed to run sudo|not allowed to execute|i'm afraid i can't do that/i,
    what: { en: 'sudo does not allow this user every command as root', zh: 'sudo 不允许该用户以 root 执行所有命令' },
    fix: {
      en: 'Run visudo there and add the line "USER ALL=(ALL) NOPASSWD: ALL" with the name of this user, or log in as root',
      zh: '请在该主机运行 visudo，加入一行 "USER ALL=(ALL) NOPASSWD: ALL"（USER 为该用户名），或以 root 登录',
    },
  },
  {
    said: /account validation failure|account.*(locked|expired)|password expired|authentication token .*expired/i,
    what: { en: 'the account of this user is locked or has expired', zh: '该用户的账户已锁定或过期' },
    fix: {
      en: 'See chage -l USER there; passwd USER or chage -E -1 USER mends it',
      zh: '请在该主机查看 chage -l USER；用 passwd USER 或 chage -E -1 USER 修复',
    },
  },
  {
    said: /syntax error|unable to parse|no valid sudoers|parse error|invalid configuration/i,
    what: { en: "sudo's configuration is broken", zh: 'sudo 的配置有误' },
    fix: { en: 'Run visudo -c there as root: it names the file and the line', zh: '请以 root 在该主机运行 visudo -c：它会指出文件和行号' },
  },
  {
    said: /setuid|no new privileges|effective uid is not 0/i,
    what: {
      en: 'sudo cannot become root on this host: the program has no setuid bit, or new privileges are forbidden',
      zh: '该主机上 sudo 无法成为 root：程序没有 setuid 位，或禁止获取新权限',
    },
    fix: {
      en: 'Give it back (chown root:root /usr/bin/sudo; chmod 4755 /usr/bin/sudo, a file system without nosuid), or log in as root',
      zh: '请恢复（chown root:root /usr/bin/sudo；chmod 4755 /usr/bin/sudo，文件系统不得为 nosuid），或以 root 登录',
    },
  },
]

/** sudo without a password was refused: for one, or for another reason that a password does not mend. */
export const sudoRefused = (at: string, words: string): TransportError => {
  const reason = REASONS.find(({ said: pattern }) => pattern.test(words))
  if (!reason) return sudoNeedsPassword(at, words)
  return error(at, { en: reason.what.en + said(words).en, zh: reason.what.zh + said(words).zh }, reason.fix)
}

/** sudo with a password was refused for a reason that is not the password. */
export const sudoFailed = (at: string, words: string): TransportError => {
  const reason = REASONS.find(({ said: pattern }) => pattern.test(words))
  return error(
    at,
    {
      en: (reason?.what.en ?? 'sudo let us not become root') + said(words).en,
      zh: (reason?.what.zh ?? '无法通过 sudo 成为 root') + said(words).zh,
    },
    reason?.fix ?? {
      en: 'Check that sudoers allows the user every command as root, without requiretty',
      zh: '请检查 sudoers 是否允许该用户以 root 执行所有命令，且未设置 requiretty',
    },
  )
}
