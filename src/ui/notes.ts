import type { Language, Text } from '../text.ts'

/** What hosts say about sources (curl_reason in engine/fetch.sh, apt_reason in engine/apt.sh), in Chinese. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^wrong digest/, '摘要不符'],
  [/^bad signature/, '签名无效'],
  [
    /^apt cannot write to \/tmp on this host \(ls -ld \/tmp must say drwxrwxrwt\)/,
    '本机的 apt 无法写入 /tmp（ls -ld /tmp 应显示 drwxrwxrwt）',
  ],
  [/^an HTML page/, '返回的是 HTML 页面'],
  [/^silent for (\S+) s/, '$1 秒内无数据'],
  [/^only (\S+) KB\/s/, '仅 $1 KB/s'],
  [/^not done after (\S+) s/, '$1 秒内未完成'],
  [/^no connection within (\S+) s/, '$1 秒内无法连接'],
  [/^no connection/, '无法连接'],
  [/^no answer/, '没有应答'],
  [/^its name does not resolve/, '域名无法解析'],
  [/^expired certificate/, '证书已过期'],
  [/^untrusted certificate/, '证书不受信任'],
  [/^it redirects in circles/, '循环重定向'],
  [/^it broke off/, '传输中断'],
  [/^no image for (\S+)/, '没有 $1 的镜像'],
  [/^no layer holds what is wanted/, '镜像中没有所需文件'],
  [/^it does not hold what it should/, '内容不完整'],
  [/^it is not version (\S+)/, '不是 $1 版本'],
]

const reasonText = (reason: string, language: Language): string => {
  if (language === 'en') return reason
  const given = reason.replace(/ \(given up\)$/, '（本次不再使用）')
  const found = REASONS.find(([pattern]) => pattern.test(given))
  return found ? given.replace(...found) : given
}

/** What was asked for: a file or image by its name, or a part of apt's sources. */
const thingText = (thing: string, language: Language): string => {
  const part = /^apt:(.+)$/.exec(thing)?.[1]
  if (part === undefined) return thing
  return part === 'packages' ? (language === 'zh' ? '软件包' : 'packages') : language === 'zh' ? `apt 源 ${part}` : `apt source ${part}`
}

/** Who is waited for, while it is waited for. */
const waitText = (note: string, language: Language): string | undefined => {
  const [, host, thing, seconds, limit] = /^source-waits (\S+) (\S+) (\d+) (\d+)$/.exec(note) ?? []
  if (host === undefined) return undefined
  return language === 'zh'
    ? `${host}：${thing}：已 ${seconds} 秒无数据，最多等待 ${limit} 秒`
    : `${host}: ${thing}: silent for ${seconds} s, waited for up to ${limit} s`
}

/** What "drain-waits NODE BUDGET..." of shell/drain.sh says. */
const waitingDrain = (note: string): Text | undefined => {
  const [, node, budgets] = /^drain-waits (\S+) (.+)$/.exec(note) ?? []
  return node === undefined
    ? undefined
    : {
        en: `${node} is not drained yet: PodDisruptionBudgets allow no eviction now: ${budgets}`,
        zh: `${node} 尚未开始排空：以下 PodDisruptionBudget 目前不允许驱逐：${budgets}`,
      }
}

/** What apt.sh says of the host's own packages: "dpkg-held NAME PID", "apt-incomplete". */
const packagesText = (note: string): Text | undefined => {
  if (note === 'apt-incomplete')
    return {
      en: 'not all apt sources of this host answer; the packages are taken from those that do',
      zh: '该主机的部分 apt 源没有响应，将从其余的源获取软件包',
    }
  const [, name, pid] = /^dpkg-held (.+) (\d+)$/.exec(note) ?? []
  if (name === undefined) return undefined
  return {
    en: `dpkg is held by ${name} (process ${pid}); waiting for it, for up to 10 min`,
    zh: `dpkg 正被 ${name}（进程 ${pid}）占用，最多等待 10 分钟`,
  }
}

/** A note of a host's script in words: what fetch.sh says of a source is one line of the report, anything else stays as it is. */
export const noteText = (note: string, language: Language): string => {
  const waiting = waitText(note, language) ?? (waitingDrain(note) ?? packagesText(note))?.[language]
  if (waiting !== undefined) return waiting
  const [, host, thing, reason] = /^source-failed (\S+) (\S+) (.+)$/.exec(note) ?? []
  if (host === undefined || thing === undefined || reason === undefined) return note
  const colon = language === 'zh' ? '：' : ': '
  return [host, thingText(thing, language), reasonText(reason, language)].join(colon)
}
