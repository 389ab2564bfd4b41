import type { Kind, SwapOffResource } from './types.ts'

export const swapOff: Kind<SwapOffResource> = {
  id: () => 'swap-off',
  touches: () => [],
  diff: (_, { facts }) =>
    facts.swap.length === 0 && facts.fstabSwap.length === 0
      ? undefined
      : {
          verb: 'remove',
          reason: {
            en: `swap is on: ${[...new Set([...facts.swap, ...facts.fstabSwap])].join(', ')}`,
            zh: `交换分区已启用：${[...new Set([...facts.swap, ...facts.fstabSwap])].join('、')}`,
          },
        },
  // Only lines whose type field is swap are commented out; other lines may well contain the word.
  script: () =>
    [
      'swapoff -a\n',
      'keep /etc/fstab\nremember swap /etc/fstab\n',
      `awk '$3 == "swap" && $1 !~ /^#/ {print "# slipway: " $0; next} {print}' /etc/fstab >/etc/.fstab.slipway\n`,
      'chmod 0644 /etc/.fstab.slipway\nsync /etc/.fstab.slipway\nmv -fT /etc/.fstab.slipway /etc/fstab\n',
    ].join(''),
  after: (_, { facts }) => ({ ...facts, swap: [], fstabSwap: [] }),
}
