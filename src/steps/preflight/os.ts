import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

const SYSTEMS: Readonly<Record<string, readonly string[]>> = { debian: ['12', '13'], ubuntu: ['22.04', '24.04'] }

/** The systems whose packages and paths are known. */
export const operatingSystem: Check = ({ member, facts }) =>
  SYSTEMS[facts.os.id]?.includes(facts.os.version)
    ? undefined
    : unfit(
        member,
        { en: `its system is ${facts.os.id} ${facts.os.version}`, zh: `操作系统为 ${facts.os.id} ${facts.os.version}` },
        { en: 'Use Debian 12 or 13, or Ubuntu 22.04 or 24.04.', zh: '请使用 Debian 12/13 或 Ubuntu 22.04/24.04。' },
      )

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
