import { CHECKED, NODE_UNITS } from '../cluster/checked.ts'
import { unitPath } from '../cluster/unit-path.ts'
import { lineDiff } from '../diff.ts'
import { sha256 } from '../digest.ts'
import type { Facts, UnitFact } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, dropPath, setPath } from './paths.ts'
import type { Difference, Kind, Seen, UnitResource } from './types.ts'

/** Where it is written down which `reloads` the running process has taken in: a cut between file and reload must be seen. */
const loadedPath = (name: string): string => `/etc/slipway/units/${name}.loaded`

const read = (want: UnitResource): string[] => [unitPath(want.name), ...want.inputs]

/** The program that a unit's text starts. */
const programOf = ({ text }: UnitResource): string => /^ExecStart=(\S+)/m.exec(text)?.[1] ?? ''

/**
 * Whether the running process is not of the file on the disk: that one was put there since. Its own path, because a unit that was changed by a
 * drop-in may start another program, and a restart would not change that.
 */
const runsAnother = (want: UnitResource, { program, command }: UnitFact): boolean =>
  program === 'replaced' || (program === 'other' && command === programOf(want))

/** What `inputs` of prelude.sh prints on the host: the digest of sha256sum's own output. */
const inputsDigest = (facts: Facts, paths: readonly string[]): string =>
  sha256(paths.map((path) => `${facts.paths[path]?.sha256 ?? ''}  ${path}\n`).join(''))

const loadedFact = (want: UnitResource, facts: Facts) => {
  const text = `${inputsDigest(facts, want.reloads ?? [])}\n`
  return { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text } as const
}

/** Only what it reads again by itself is new. */
const reloading = (want: UnitResource, { facts, pending }: Seen): Difference | undefined => {
  if (!want.reloads) return undefined
  const input = want.reloads.find((path) => pending.has(path))
  if (input !== undefined) return { verb: 'reload', reason: { en: `${input} changes`, zh: `${input} 有变化` } }
  return facts.paths[loadedPath(want.name)]?.text === loadedFact(want, facts).text
    ? undefined
    : { verb: 'reload', reason: { en: 'it has not read its files again since they changed', zh: '文件变更后尚未重新加载' } }
}

const fileFact = (want: UnitResource) => ({ type: 'file', mode: '0600', owner: 'root:root', sha256: sha256(want.text) }) as const

export const unit: Kind<UnitResource> = {
  id: (want) => `unit ${want.name}`,
  touches: (want) => [unitPath(want.name)],
  diff: (want, all) => {
    const { facts, pending } = all
    const seen = facts.paths[unitPath(want.name)]
    const live = facts.units[want.name]
    const running = live?.active === 'active' || live?.active === 'activating' || live?.active === 'reloading'
    const changed = changedPath(seen, fileFact(want))
    const verb = running && !want.spent ? 'restart' : 'start'
    if (changed) return { ...changed, verb, diff: lineDiff(seen?.text ?? '', want.text) }
    const input = [programOf(want), ...want.inputs, ...(want.follows ?? [])].find((path) => pending.has(path))
    if (input !== undefined) return { verb, reason: { en: `${input} changes`, zh: `${input} 有变化` } }
    if (!running) return { verb, reason: { en: 'it does not run', zh: '未运行' } }
    if (want.again) return { verb, reason: want.again }
    if (!live.enabled) return { verb, reason: { en: 'it is not enabled', zh: '未设为开机启动' } }
    if (live.stale || live.inputs !== inputsDigest(facts, read(want)))
      return { verb, reason: { en: 'it runs with older settings than its files say', zh: '正在运行的设置比文件旧' } }
    if (runsAnother(want, live))
      return {
        verb,
        reason: { en: `${programOf(want)} was replaced since it started`, zh: `${programOf(want)} 在其启动后被替换` },
      }
    return reloading(want, all)
  },
  script: (want, { verb }) => {
    const ready = `ready() {\n${want.ready}\n}\n`
    const loaded = want.reloads ? `loaded ${[want.name, ...want.reloads].map(quote).join(' ')}\n` : ''
    if (verb === 'reload') return `${ready}reload ${quote(want.name)} ${want.within} ready\n${loaded}`
    const unproved = NODE_UNITS.has(want.name) ? `rm -f ${CHECKED}\n` : ''
    const start = `${unproved}start ${quote(want.name)} ${want.within} ready ${read(want).map(quote).join(' ')}\n`
    const { aside } = want
    if (!aside || verb !== 'restart') return [heredoc(`unit_file ${want.name}`, want.text), ready, start, loaded].join('')
    const back = `back() {\n${aside.ready}\n}\ncome_back ${quote(aside.name)} 180 back\n`
    return [`step_aside ${quote(aside.name)}\n`, heredoc(`unit_file ${want.name}`, want.text), ready, start, loaded, back].join('')
  },
  after: (want, { facts }) => {
    const known = want.reloads ? setPath(facts, loadedPath(want.name), loadedFact(want, facts)) : facts
    const written = setPath(known, unitPath(want.name), { ...fileFact(want), text: want.text })
    const placed = NODE_UNITS.has(want.name) ? dropPath(written, CHECKED) : written
    return {
      ...placed,
      // It makes its data when it starts for the first time.
      ...(want.name === 'etcd' ? { etcdData: true } : {}),
      units: {
        ...facts.units,
        [want.name]: {
          active: 'active',
          enabled: true,
          file: 'enabled',
          inputs: inputsDigest(placed, read(want)),
          restarts: 0,
          stale: false,
          since: facts.now,
          command: programOf(want),
          program: 'same',
        },
      },
    }
  },
}
