import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** kube-proxy's nftables mode asks for a kernel of 5.13 (its own documentation). */
export const proxyMode: Check = ({ member, facts, config }) => {
  const [major = 0, minor = 0] = facts.kernel.split(/[.-]/).map(Number)
  return config.network.proxy_mode !== 'nftables' || major > 5 || (major === 5 && minor >= 13)
    ? undefined
    : unfit(
        member,
        {
          en: `its kernel ${facts.kernel} is too old for kube-proxy's nftables mode (5.13)`,
          zh: `内核 ${facts.kernel} 过旧，不支持 kube-proxy 的 nftables 模式（需 5.13）`,
        },
        { en: 'Boot a newer kernel or set `network.proxy_mode: iptables`.', zh: '请更换较新内核，或设置 `network.proxy_mode: iptables`。' },
      )
}
