import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** Below these kubelet or etcd are killed sooner or later (kubeadm asks for 1700 MiB on a control plane). */
const MEMORY = { controlPlane: 1700, other: 700 }

/** Whether the host has the memory its roles need. */
export const memory: Check = ({ member, facts }) => {
  const needed = member.roles.controlPlane || member.roles.etcd ? MEMORY.controlPlane : MEMORY.other
  return facts.memoryMiB >= needed
    ? undefined
    : unfit(
        member,
        {
          en: `it has ${facts.memoryMiB} MiB of memory; ${needed} are needed`,
          zh: `内存为 ${facts.memoryMiB} MiB，至少需要 ${needed} MiB`,
        },
        { en: 'Give it more memory.', zh: '请增加内存。' },
      )
}
