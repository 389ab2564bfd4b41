import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** kubelet does not start without these (pkg/kubelet/cm, cgroup manager). */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'] as const

/** Whether the kernel counts what containers use. A Raspberry Pi's firmware switches the memory controller off. */
export const cgroupControllers: Check = ({ member, facts }) => {
  const known = facts.cgroupControllers
  const missing = CONTROLLERS.filter((name) => !known.includes(name))
  if (known.length === 0 || missing.length === 0) return undefined
  const list = missing.join(', ')
  return unfit(
    member,
    { en: `its kernel has these cgroup controllers switched off: ${list}`, zh: `内核未启用以下 cgroup 控制器：${missing.join('、')}` },
    {
      en: 'Add "cgroup_enable=memory cgroup_memory=1" to the kernel command line (Raspberry Pi: /boot/firmware/cmdline.txt; elsewhere GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub) and reboot. A kernel built without them has to be replaced.',
      zh: '请在内核命令行中加入 "cgroup_enable=memory cgroup_memory=1"（树莓派：/boot/firmware/cmdline.txt；其他：/etc/default/grub 的 GRUB_CMDLINE_LINUX，然后运行 update-grub）并重启。若内核编译时未包含，则须更换内核。',
    },
  )
}

/** Whether what pods, kube-proxy and the pod network need can be loaded. */
export const kernelModules: Check = ({ member, facts, config }) => {
  const unused = config.network.proxy_mode === 'nftables' ? [] : ['nf_tables']
  const missing = facts.lackingModules.filter((name) => !facts.modules.includes(name) && !unused.includes(name))
  if (missing.length === 0) return undefined
  return unfit(
    member,
    { en: `its kernel ${facts.kernel} has no ${missing.join(', ')}`, zh: `内核 ${facts.kernel} 没有 ${missing.join('、')}` },
    {
      en: `If the kernel was upgraded since the last boot, reboot. Else install the modules of the running one (Debian: linux-image-${facts.kernel}; Ubuntu: linux-modules-extra-${facts.kernel}), or boot the distribution's own kernel.`,
      zh: `若上次启动后升级过内核，请重启。否则请安装当前内核的模块（Debian：linux-image-${facts.kernel}；Ubuntu：linux-modules-extra-${facts.kernel}），或改用发行版自带的内核。`,
    },
  )
}

/** kubelet reads and sets these at its start, and ends without them (pkg/kubelet/cm, setupKernelTunables). */
export const kernelKeys: Check = ({ member, facts }) =>
  facts.sysctls['kernel.keys.root_maxkeys'] !== undefined || Object.keys(facts.sysctls).length === 0
    ? undefined
    : unfit(
        member,
        { en: `its kernel ${facts.kernel} has no kernel.keys (CONFIG_KEYS)`, zh: `内核 ${facts.kernel} 没有 kernel.keys（CONFIG_KEYS）` },
        {
          en: "Boot the distribution's own kernel: kubelet does not start without it.",
          zh: '请改用发行版自带的内核：缺少它 kubelet 无法启动。',
        },
      )
