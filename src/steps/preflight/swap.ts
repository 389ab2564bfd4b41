import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** kubelet does not start while swap is on. */
export const swap: Check = ({ member, facts }) =>
  facts.swap.length === 0
    ? undefined
    : unfit(
        member,
        { en: `swap is on (${facts.swap.join(', ')})`, zh: `交换分区已启用（${facts.swap.join('、')}）` },
        {
          en: 'Run `swapoff -a` on the host; Slipway then keeps it off in /etc/fstab.',
          zh: '请在主机上运行 `swapoff -a`；之后 Slipway 会在 /etc/fstab 中保持关闭。',
        },
      )
