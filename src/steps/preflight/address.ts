import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** The address that the other nodes are given must be one of the host's own. */
export const address: Check = ({ member, facts }) =>
  facts.addresses.some((one) => one.address === member.ip)
    ? undefined
    : unfit(
        member,
        {
          en: `${member.ip} is none of its addresses (${facts.addresses.map((one) => one.address).join(', ')})`,
          zh: `${member.ip} 不是本机地址（${facts.addresses.map((one) => one.address).join('、')}）`,
        },
        { en: 'Set `internal_address` to the one the other nodes can reach.', zh: '请将 `internal_address` 设为其他节点可达的地址。' },
      )
