import { EXIT, type Problem } from '../problem.ts'
import { escapeRemote } from './lines.ts'
import { TransportError } from './transport.ts'

/** A ProxyJump that leads to the host it starts from; ssh refuses it too. */
export const jumpLoop = (bastion: string) =>
  new TransportError({
    at: '~/.ssh/config',
    what: {
      en: `the ProxyJump for ${bastion} leads through ${bastion} itself`,
      zh: `${bastion} 的 ProxyJump 又经过 ${bastion} 自己`,
    },
    fix: {
      en: `Put "Host ${bastion}" with "ProxyJump none" before the lines that apply to every host`,
      zh: `请在适用于所有主机的配置之前加上 "Host ${bastion}" 和 "ProxyJump none"`,
    },
    severity: 'error',
    exit: EXIT.config,
  })

/** ssh itself refuses its configuration. */
export const sshConfigWrong = (alias: string, cause: Error & { stderr?: string }) => {
  const said = escapeRemote((cause.stderr ?? cause.message).trim()).slice(-400)
  const loop = /jumphost loop via (\S+)/.exec(said)?.[1]
  if (loop !== undefined) return jumpLoop(loop)
  return new TransportError(
    {
      at: '~/.ssh/config',
      what: { en: `ssh -G ${alias} fails: ${said}`, zh: `ssh -G ${alias} 失败：${said}` },
      fix: {
        en: 'Correct that file, or set ssh.config: false in cluster.yml so that it is not read',
        zh: '请修正该文件，或在 cluster.yml 中设置 ssh.config: false 以不读取它',
      },
      severity: 'error',
      exit: EXIT.config,
    },
    { cause },
  )
}

/** Without ssh on this machine some directives cannot be carried out. */
export const sshConfigUnread = (alias: string, directives: readonly string[]): Problem => ({
  at: '~/.ssh/config',
  what: {
    en: `no ssh is installed on this machine, so for ${alias} these are not followed: ${directives.join(', ')}`,
    zh: `本机没有安装 ssh，因此对 ${alias} 未采用：${directives.join('、')}`,
  },
  fix: {
    en: 'Install openssh-client on this machine, or write the settings in cluster.yml.',
    zh: '请在本机安装 openssh-client，或把这些设置写入 cluster.yml。',
  },
  severity: 'warning',
  exit: EXIT.config,
})

/** The command of a ProxyCommand ended before we were in, or while we were. */
export const proxyCommandEnded = (at: string, command: string, words: string) =>
  new TransportError({
    at,
    what: {
      en: `the ProxyCommand of ~/.ssh/config ended (${command}): ${escapeRemote(words)}`,
      zh: `~/.ssh/config 的 ProxyCommand 已退出（${command}）：${escapeRemote(words)}`,
    },
    fix: {
      en: 'Run that command by hand: it must stay and print a line that begins with SSH-2.0',
      zh: '请手动运行该命令：它应保持运行并输出以 SSH-2.0 开头的一行',
    },
    severity: 'error',
    exit: EXIT.unreachable,
  })

/** A name that a shell would not read as one word. */
export const proxyCommandUnsafe = (at: string, name: string) =>
  new TransportError({
    at,
    what: {
      en: `the name ${escapeRemote(name)} cannot go into a ProxyCommand: a shell would read it as more than a word`,
      zh: `名称 ${escapeRemote(name)} 不能用于 ProxyCommand：shell 会把它当作多个词`,
    },
    fix: { en: 'Use letters, digits, ".", "-" and "_" in address and user', zh: 'address 和 user 请只使用字母、数字、"."、"-" 和 "_"' },
    severity: 'error',
    exit: EXIT.config,
  })
