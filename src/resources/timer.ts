import { lineDiff } from '../diff.ts'
import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, dropPath, setPath } from './paths.ts'
import type { Difference, Kind, TimerResource } from './types.ts'

const pathOf = (name: string, suffix: 'service' | 'timer'): string => `/etc/systemd/system/${name}.${suffix}`

const fact = (text: string) => ({ type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text) }) as const

type On = Extract<TimerResource, { state: 'on' }>

const files = (want: On) => [
  { path: pathOf(want.name, 'service'), text: want.service },
  { path: pathOf(want.name, 'timer'), text: want.timer },
]

const removed = (want: TimerResource): string[] =>
  want.state === 'on' ? [] : [pathOf(want.name, 'service'), pathOf(want.name, 'timer'), ...want.files]

/** The calendar is judged by the host's own systemd before anything is written: a timer that never elapses would look like one that waits. */
const switchOn = (want: On): string =>
  [
    `systemd-analyze calendar ${quote(want.calendar)} >/dev/null || fail ${quote(`"${want.calendar}" is no calendar expression for this host's systemd`)}\n`,
    ...files(want).map(({ path, text }) => heredoc(`put ${path} 0644 root:root`, text)),
    `remember unit ${want.name}.timer\nremember unit ${want.name}.service\n`,
    `systemctl daemon-reload\nsystemctl enable --quiet ${want.name}.timer\nsystemctl restart ${want.name}.timer\n`,
  ].join('')

export const timer: Kind<TimerResource> = {
  id: (want) => `timer ${want.name}`,
  touches: (want) => [pathOf(want.name, 'service'), pathOf(want.name, 'timer')],
  diff: (want, { facts }): Difference | undefined => {
    if (want.state === 'off')
      return removed(want).some((path) => facts.paths[path])
        ? { verb: 'remove', reason: { en: 'it is not wanted any more', zh: '不再需要' } }
        : undefined
    for (const { path, text } of files(want)) {
      const changed = changedPath(facts.paths[path], fact(text))
      if (changed) return { ...changed, diff: lineDiff(facts.paths[path]?.text ?? '', text) }
    }
    const live = facts.timers[want.name]
    return live?.active && live.enabled ? undefined : { verb: 'start', reason: { en: 'it does not run', zh: '未运行' } }
  },
  script: (want) =>
    want.state === 'on'
      ? switchOn(want)
      : `systemctl disable --now --quiet ${want.name}.timer 2>/dev/null || true\nrm -f ${removed(want).map(quote).join(' ')}\nsystemctl daemon-reload\n`,
  after: (want, { facts }) => {
    if (want.state === 'off') return removed(want).reduce(dropPath, { ...facts, timers: {} })
    const placed = files(want).reduce((seen, { path, text }) => setPath(seen, path, { ...fact(text), text }), facts)
    return { ...placed, timers: { ...facts.timers, [want.name]: { active: true, enabled: true, result: 'success' } } }
  },
}
