import { dns1123Subdomain, suggestHostname } from '../../config/hostname.ts'
import type { Check } from './check.ts'
import { notice, unfit } from './unfit.ts'

/** The host's own name is what its logs, mail and people call it; a Node's name is a DNS-1123 subdomain. */
export const hostname: Check = ({ member, facts }) => {
  if (dns1123Subdomain(facts.hostname) || member.setHostname) return undefined
  const better = suggestHostname(facts.hostname) ?? `node-${member.index + 1}`
  const what = {
    en: `the host calls itself "${facts.hostname}", which is not a DNS-1123 subdomain (lower-case letters, digits, "-" and ".")`,
    zh: `主机名 "${facts.hostname}" 不是合法的 DNS-1123 子域名（仅限小写字母、数字、"-" 和 "."）`,
  }
  if (member.name !== undefined)
    return notice(member, what, {
      en: `Its Node is called ${member.name}. Add \`set_hostname: true\` to give the host that name too.`,
      zh: `节点将命名为 ${member.name}。加上 \`set_hostname: true\` 可同时修改主机名。`,
    })
  return unfit(member, what, {
    en: `Add \`hostname_override: ${better}\` and \`set_hostname: true\` to its entry (${member.at}), or run \`hostnamectl set-hostname ${better}\` there.`,
    zh: `请在其条目（${member.at}）中加入 \`hostname_override: ${better}\` 和 \`set_hostname: true\`，或在主机上运行 \`hostnamectl set-hostname ${better}\`。`,
  })
}
