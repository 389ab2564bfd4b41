import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

const DISK_MIB = 4096

/** Images, etcd's data and the binaries lie under /var/lib. */
export const disk: Check = ({ member, facts }) =>
  facts.diskMiB >= DISK_MIB
    ? undefined
    : unfit(
        member,
        {
          en: `/var/lib has ${facts.diskMiB} MiB free; ${DISK_MIB} are needed`,
          zh: `/var/lib 剩余 ${facts.diskMiB} MiB，至少需要 ${DISK_MIB} MiB`,
        },
        { en: 'Free some space or mount a larger disk there.', zh: '请清理空间或在该处挂载更大的磁盘。' },
      )
