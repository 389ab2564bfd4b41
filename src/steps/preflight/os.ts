import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** The releases that packages and paths are known of, the oldest first. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = { debian: ['12', '13'], ubuntu: ['22.04', '24.04', '26.04'] }

/** Debian, Ubuntu, or made from one of them. */
const familyOf = ({ id, like = '' }: { id: string; like?: string }): string | undefined =>
  [id, ...like.split(' ')].find((name) => name in SYSTEMS)

/** Whether a release is older than all that are known. Testing and unstable have no number. */
const isTooOld = (id: string, version: string): boolean =>
  id in SYSTEMS && version !== '' && Number.parseFloat(version) < Number.parseFloat(SYSTEMS[id]?.[0] ?? '0')

/** The systems whose packages and paths are known; one that is made from them, or newer, is taken with a warning and its apt sources left alone. */
export const operatingSystem: Check = ({ member, facts }) => {
  const { id, version } = facts.os
  if (SYSTEMS[id]?.includes(version)) return undefined
  const name = `${id} ${version}`.trim()
  if (familyOf(facts.os) === undefined || isTooOld(id, version))
    return unfit(
      member,
      { en: `its system is ${name}`, zh: `操作系统为 ${name}` },
      { en: 'Use Debian 12 or 13, or Ubuntu 22.04, 24.04 or 26.04.', zh: '请使用 Debian 12/13 或 Ubuntu 22.04/24.04/26.04。' },
    )
  return {
    ...unfit(
      member,
      {
        en: `its system is ${name}: Slipway was not tried there, and leaves its apt sources alone`,
        zh: `操作系统为 ${name}：Slipway 未在其上验证，且不改动其 apt 源`,
      },
      {
        en: 'Try it on a host that may be lost. apt there must reach its own archive: curl, iptables, nftables, conntrack and haproxy come from it.',
        zh: '请先在可丢弃的主机上试用。其 apt 须能访问自己的软件源：curl、iptables、nftables、conntrack、haproxy 来自那里。',
      },
    ),
    severity: 'warning',
  }
}

/** The architectures that Kubernetes is published for and Slipway has digests of. */
export const architecture: Check = ({ member, facts }) =>
  facts.arch === 'amd64' || facts.arch === 'arm64'
    ? undefined
    : unfit(
        member,
        { en: `its architecture is ${facts.arch}`, zh: `CPU 架构为 ${facts.arch}` },
        { en: 'Use an amd64 or arm64 host.', zh: '请使用 amd64 或 arm64 主机。' },
      )

/** Units are written for systemd 240 or newer, as the first process. */
export const systemd: Check = ({ member, facts }) =>
  facts.systemd >= 240
    ? undefined
    : unfit(
        member,
        { en: 'systemd is not its first process, or is older than 240', zh: '1 号进程不是 systemd，或版本低于 240' },
        { en: 'Boot the host with systemd.', zh: '请以 systemd 启动主机。' },
      )

/** Everything on a host is done as root. */
export const root: Check = ({ member, facts }) =>
  facts.uid === 0
    ? undefined
    : unfit(
        member,
        { en: 'the script did not run as root', zh: '脚本未以 root 身份运行' },
        { en: 'Give the user sudo.', zh: '请为该用户授予 sudo 权限。' },
      )
