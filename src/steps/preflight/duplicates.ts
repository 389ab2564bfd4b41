import type { Member } from '../../cluster/types.ts'
import { labelOf } from '../../config/hosts.ts'
import type { Problem } from '../../problem.ts'
import type { Text } from '../../text.ts'
import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** Names, machine-ids and addresses are each one host's own. */
export const duplicates: Check = ({ member, members, facts, world }) => {
  const others = members.filter((other) => other.key !== member.key)
  const clash = (same: (other: Member) => boolean, what: (other: Member) => Text, fix: Text): Problem[] =>
    others.filter(same).map((other) => unfit(member, what(other), fix))
  return [
    ...clash(
      (other) => other.nodeName === member.nodeName,
      (other) => ({
        en: `its name ${member.nodeName} is also that of ${labelOf(other)}`,
        zh: `名称 ${member.nodeName} 与 ${labelOf(other)} 重复`,
      }),
      { en: 'Give each its own `hostname_override`.', zh: '请为每台主机设置不同的 `hostname_override`。' },
    ),
    ...clash(
      (other) => facts.machineId !== '' && world[other.key]?.machineId === facts.machineId,
      (other) => ({
        en: `its machine-id is also that of ${labelOf(other)}: one was cloned from the other`,
        zh: `machine-id 与 ${labelOf(other)} 相同：应为克隆所致`,
      }),
      {
        en: 'On one of them: `rm /etc/machine-id && systemd-machine-id-setup`, then reboot.',
        zh: '在其中一台上运行 `rm /etc/machine-id && systemd-machine-id-setup` 并重启。',
      },
    ),
    ...clash(
      (other) => other.ip === member.ip,
      (other) => ({ en: `its address ${member.ip} is also that of ${labelOf(other)}`, zh: `地址 ${member.ip} 与 ${labelOf(other)} 重复` }),
      { en: 'Give each its own `internal_address`.', zh: '请为每台主机设置不同的 `internal_address`。' },
    ),
  ]
}
