import type { Check } from './check.ts'
import { notice, unfit } from './unfit.ts'

const SKEW = 30

/** Against the median of all hosts, so that one wrong clock is named and not everybody else. */
export const clock: Check = ({ member, facts, world }) => {
  const times = Object.values(world)
    .map(({ now }) => now)
    .sort((a, b) => a - b)
  const skew = Math.round(facts.now - (times[Math.floor(times.length / 2)] ?? facts.now))
  return Math.abs(skew) <= SKEW
    ? undefined
    : unfit(
        member,
        {
          en: `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the other hosts`,
          zh: `时钟比其他主机${skew > 0 ? '快' : '慢'} ${Math.abs(skew)} 秒`,
        },
        { en: 'Synchronise it: certificates would not be valid yet, or no more.', zh: '请先同步时间，否则证书会尚未生效或已过期。' },
      )
}

/** A host whose clock drifts fails later, when nobody looks. */
export const timeSync: Check = ({ member, facts, config }) =>
  facts.timeSync !== '' || facts.container || config.time_sync === 'auto'
    ? undefined
    : notice(
        member,
        { en: 'nothing keeps its clock in time', zh: '没有时间同步服务' },
        { en: 'Set `time_sync: auto`, or run chrony.', zh: '请设置 `time_sync: auto`，或自行运行 chrony。' },
      )
