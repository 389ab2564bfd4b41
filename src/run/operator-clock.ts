import { hostname } from 'node:os'
import type { World } from '../cluster/world.ts'
import { EXIT, type Problem } from '../problem.ts'
import type { Text } from '../text.ts'

/** From so many seconds on a difference is said: no two clocks agree, and an answer takes its time. */
const SKEW_S = 60

const span = (seconds: number): Text => {
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return { en: `${minutes} min`, zh: `${minutes} 分钟` }
  const hours = Math.round(minutes / 60)
  return hours < 48
    ? { en: `${hours} h`, zh: `${hours} 小时` }
    : { en: `${Math.round(hours / 24)} days`, zh: `${Math.round(hours / 24)} 天` }
}

/** A warning where this machine's clock is not that of the hosts (of their middle: one host that is wrong is spoken of by itself). */
export const clockProblems = (world: World): Problem[] => {
  const all = Object.values(world)
    .flatMap(({ ahead }) => ahead ?? [])
    .toSorted((a, b) => a - b)
  const middle = all[Math.floor(all.length / 2)] ?? 0
  if (Math.abs(middle) < SKEW_S) return []
  const { en, zh } = span(Math.abs(middle))
  return [
    {
      at: hostname(),
      what: {
        en: `the clock of this machine is ${en} ${middle > 0 ? 'behind' : 'ahead of'} the hosts'`,
        zh: `本机时钟比主机${middle > 0 ? '慢' : '快'} ${zh}`,
      },
      fix: {
        en: 'Set the one that is wrong (`timedatectl set-ntp true`). Certificates are dated by the hosts, so they are valid there; kubectl on this machine may find them otherwise.',
        zh: '请校准有误的一方（`timedatectl set-ntp true`）。证书按主机时钟签发，在主机上有效；但本机的 kubectl 可能认为无效。',
      },
      severity: 'warning',
      exit: EXIT.unfit,
    },
  ]
}
