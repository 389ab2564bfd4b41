import { lineDiff } from '../diff.ts'
import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, dropPath, setPath } from './paths.ts'
import type { AptSourcesResource, Kind } from './types.ts'

const home = ({ name }: AptSourcesResource): string => `/etc/slipway/apt/${name}`
const markOf = (want: AptSourcesResource): string => `${home(want)}/target`

const keyFact = (text: string) => ({ type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text }) as const

/** Path -> text of every candidate, numbered in their order. */
const candidates = (want: AptSourcesResource): readonly (readonly [string, string])[] =>
  want.parts.flatMap(({ name, choices }) =>
    choices.map(({ host, text }, index) => [`${home(want)}/${name}/${index + 1}-${host}.sources`, text] as const),
  )

/** Every text the file may have: one candidate of each part. */
const combinations = ({ parts }: AptSourcesResource): readonly string[] =>
  parts.reduce<string[]>(
    (texts, { choices }) =>
      texts.length === 0 ? choices.map(({ text }) => text) : texts.flatMap((head) => choices.map(({ text }) => `${head}\n${text}`)),
    [],
  )

/** apt's sources of a host: any candidate that was found to work there is as wanted as the first (docs/adr/0004-apt-fallthrough.md). */
export const aptSources: Kind<AptSourcesResource> = {
  id: ({ path }) => `apt-sources ${path}`,
  touches: ({ path }) => [path],
  diff: (want, { facts }) => {
    const mark = facts.paths[markOf(want)]
    if (want.parts.length === 0) {
      const reason = {
        en: 'cluster.yml names no apt sources any more; what was there before is put back',
        zh: 'cluster.yml 不再指定 apt 源；恢复原有内容',
      }
      return mark ? { verb: 'remove', reason } : undefined
    }
    const seen = facts.paths[want.path]
    const texts = combinations(want)
    const diff = lineDiff(seen?.text ?? '', texts[0] ?? '')
    if (!seen) return { verb: 'create', reason: { en: 'it is missing', zh: '不存在' }, diff }
    if (!texts.some((text) => sha256(text) === seen.sha256))
      return { verb: 'update', reason: { en: 'its content changed', zh: '内容有变化' }, diff }
    const key = want.key && changedPath(facts.paths[want.key.path], keyFact(want.key.text))
    if (key) return { verb: 'update', reason: { en: `its key: ${key.reason.en}`, zh: `其公钥：${key.reason.zh}` } }
    const known = candidates(want).every(([path, text]) => facts.paths[path]?.sha256 === sha256(text))
    const kept = Object.keys(facts.paths).filter((path) => path.startsWith(`${home(want)}/`) && path.endsWith('.sources')).length
    if (mark && known && kept === candidates(want).length) return undefined
    return { verb: 'update', reason: { en: 'the order of its mirrors changed', zh: '镜像站的顺序有变化' } }
  },
  script: (want) =>
    want.parts.length === 0
      ? `apt_restore ${[want.name, want.path, want.old, ...(want.key ? [want.key.path] : [])].map(quote).join(' ')}\n`
      : [
          ...(want.key ? [heredoc(`put ${quote(want.key.path)} 0644 root:root`, want.key.text)] : []),
          `apt_candidates ${quote(want.name)} ${quote(want.path)}\n`,
          ...candidates(want).map(([path, text]) => heredoc(`put ${quote(path)} 0644 root:root`, text)),
          `${want.untried ? 'apt_untried' : 'apt_sources'} ${quote(want.name)}\n`,
        ].join(''),
  after: (want, { facts }) => {
    const old = Object.keys(facts.paths).filter((path) => path.startsWith(`${home(want)}/`))
    const cleared = old.reduce(dropPath, facts)
    const gone = [want.path, ...(want.key ? [want.key.path] : [])]
    if (want.parts.length === 0) return gone.reduce(dropPath, cleared)
    const keyed = want.key ? setPath(cleared, want.key.path, keyFact(want.key.text)) : cleared
    const files = [...candidates(want), [markOf(want), `${want.path}\n`], [want.path, combinations(want)[0] ?? '']] as const
    return files.reduce(
      (seen, [path, text]) => setPath(seen, path, { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text }),
      keyed,
    )
  },
}
