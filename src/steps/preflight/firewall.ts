import { cidr, contains, parseCidr } from '../../config/cidr.ts'
import type { Check } from './check.ts'
import { notice } from './unfit.ts'

/** How a network is let in, by the tool that keeps strangers out. */
const COMMANDS: Readonly<Record<string, (network: string) => string>> = {
  ufw: (network) => `ufw allow from ${network} && ufw route allow from ${network}`,
  firewalld: (network) => `firewall-cmd --permanent --zone=trusted --add-source=${network} && firewall-cmd --reload`,
  iptables: (network) => `iptables -I INPUT -s ${network} -j ACCEPT`,
  nftables: (network) => `nft insert rule inet filter input ip saddr ${network} accept`,
}

/**
 * A firewall that was opened for the nodes and not for the pods lets a cluster come up in which pods do not reach the API of their own host, or
 * CoreDNS. Only said: its rules may let them in by another way than their network.
 */
export const hostFirewall: Check = ({ member, facts, config }) => {
  const { firewall } = facts
  if (!firewall || config.network.plugin === 'none') return undefined
  const pods = config.network.pod_cidr
  const isLetIn = firewall.sources.some((text) => {
    const range = parseCidr(text)
    return !('error' in range) && range.prefix <= cidr(pods).prefix && contains(range, cidr(pods).base)
  })
  const command = COMMANDS[firewall.tool]?.(pods)
  if (isLetIn || command === undefined) return undefined
  return notice(
    member,
    {
      en: `${firewall.tool} keeps strangers out of it, and no rule names the network of the pods, ${pods}`,
      zh: `${firewall.tool} 拒绝外来流量，且没有规则放行 Pod 网段 ${pods}`,
    },
    {
      en: `Let the pods in: \`${command}\`, and save the rules if your tool does not.`,
      zh: `请放行 Pod：\`${command}\`；若工具不会自动保存规则，请自行保存。`,
    },
  )
}
