import { isAlive, keyOf } from '../mirrors/keys/index.ts'
import type { AptSource, Os } from '../mirrors/types.ts'
import type { AbsentResource, AptSourcesResource, Resource } from '../resources/types.ts'
import { deb822 } from '../templates/deb822.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

const osOf = ({ facts }: Context): Os => ({
  id: facts.os.id as Os['id'],
  version: facts.os.version,
  codename: facts.os.codename,
  arch: facts.arch as Os['arch'],
})

const hasLines = (text: string | undefined): boolean => (text ?? '').split('\n').some((line) => /^\s*deb(-src)?\s/.test(line))

/** An old one-line file with active lines; beside a deb822 file it would fetch the same archive twice. */
const oneLine = ({ facts }: Context, { old }: AptSourcesResource): AbsentResource[] =>
  hasLines(facts.paths[old]?.text)
    ? [
        {
          kind: 'absent',
          path: old,
          reason: {
            en: 'the mirror replaces it; both formats at once would fetch everything twice',
            zh: '已由镜像源取代；两种格式并存会重复下载',
          },
        },
      ]
    : []

const choice = (signedBy: string) => (source: AptSource) => {
  const { uri, ...rest } = source
  return { host: new URL(uri).host, text: deb822([{ ...rest, uris: [uri], signedBy }]) }
}

/** The distribution's own archive: the deb822 file of the newer images takes the place of the one-line file of the older. */
const base = (context: Context, os: Os): AptSourcesResource => {
  const signedBy = `/usr/share/keyrings/${os.id}-archive-keyring.gpg`
  // Several URIs in one stanza are all fetched (sources.list(5)), so each place is a candidate of its own.
  const of = (kind: 'base' | 'security') => ({ name: kind, choices: context.sources.apt({ kind }, os).map(choice(signedBy)) })
  const parts = of('base').choices.length === 0 ? [] : [of('base'), of('security')].filter(({ choices }) => choices.length > 0)
  const path = `/etc/apt/sources.list.d/${os.id}.sources`
  const untried = context.config.delivery === 'push'
  return { kind: 'apt-sources', name: os.id, path, old: '/etc/apt/sources.list', parts, ...(untried ? { untried } : {}) }
}

/** File names as the repositories' own instructions have them (mirrors.md §2, §2b). */
const NAMES = {
  kubernetes: { file: 'kubernetes', key: '/etc/apt/keyrings/kubernetes-apt-keyring.asc' },
  docker: { file: 'docker', key: '/etc/apt/keyrings/docker.asc' },
} as const

/** The repositories of Kubernetes and docker-ce, for people: Slipway installs nothing from here (docs/adr/0013-behind-the-wall.md). */
const repository = (context: Context, os: Os, name: keyof typeof NAMES, managed: boolean): AptSourcesResource => {
  const { file, key } = NAMES[name]
  const repo = name === 'kubernetes' ? ({ kind: name, minor: context.release.minor } as const) : ({ kind: name } as const)
  const inForce = keyOf(name, context.config.mirrors.apt.keys, context.files, context.keys)
  // With a key that has ended every `apt-get update` on the host would complain of it.
  const choices = managed && isAlive(inForce, context.facts.now) ? context.sources.apt(repo, os).map(choice(key)) : []
  return {
    kind: 'apt-sources',
    name,
    path: `/etc/apt/sources.list.d/${file}.sources`,
    old: `/etc/apt/sources.list.d/${file}.list`,
    key: { path: key, text: inForce.text },
    parts: choices.length === 0 ? [] : [{ name, choices }],
  }
}

/** The host's apt sources; the old format goes when the new one is known to work. */
export const aptSources: Step = {
  id: 'apt-sources',
  title: { en: 'apt sources', zh: 'apt 源' },
  on: 'every',
  resources: (context): Resource[] => {
    const os = osOf(context)
    const own = base(context, os)
    // A host that asks nobody has no use for what nobody has tried.
    const managed = own.parts.length > 0 && context.config.delivery !== 'push'
    const all = [own, repository(context, os, 'kubernetes', managed), repository(context, os, 'docker', managed)]
    return all.flatMap((sources): Resource[] => (sources.parts.length === 0 ? [sources] : [sources, ...oneLine(context, sources)]))
  },
}
