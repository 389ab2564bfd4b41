import type { AptSource, Os } from '../mirrors/types.ts'
import type { AbsentResource, AptSourcesResource, Resource } from '../resources/types.ts'
import { deb822 } from '../templates/deb822.ts'
import type { Context, Step } from './types.ts'

const osOf = ({ facts }: Context): Os => ({
  id: facts.os.id as Os['id'],
  version: facts.os.version,
  codename: facts.os.codename,
  arch: facts.arch as Os['arch'],
})

/** Where the distribution's own archive is named: the deb822 file of the newer images, the one-line file of the older. */
const OLD = '/etc/apt/sources.list'
const ownFile = (os: Os): string => `/etc/apt/sources.list.d/${os.id}.sources`

const hasLines = (text: string | undefined): boolean => (text ?? '').split('\n').some((line) => /^\s*deb(-src)?\s/.test(line))

/** An old one-line file with active lines; beside a deb822 file it would fetch the same archive twice. */
const oneLine = ({ facts }: Context): AbsentResource[] =>
  hasLines(facts.paths[OLD]?.text)
    ? [
        {
          kind: 'absent',
          path: OLD,
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

const sourcesFor = (context: Context, os: Os): AptSourcesResource => {
  const signedBy = `/usr/share/keyrings/${os.id}-archive-keyring.gpg`
  // Several URIs in one stanza are all fetched (sources.list(5)), so each place is a candidate of its own.
  const of = (kind: 'base' | 'security') => context.sources.apt({ kind }, os).map(choice(signedBy))
  const base = of('base')
  const parts =
    base.length === 0
      ? []
      : [
          { name: 'base', choices: base },
          { name: 'security', choices: of('security') },
        ].filter(({ choices }) => choices.length > 0)
  const untried = context.config.delivery === 'push'
  return { kind: 'apt-sources', name: os.id, path: ownFile(os), parts, ...(untried ? { untried } : {}) }
}

/** The host's own apt sources; the old format goes when the new one is known to work. */
export const aptSources: Step = {
  id: 'apt-sources',
  title: { en: 'apt sources', zh: 'apt 源' },
  on: 'every',
  resources: (context): Resource[] => {
    const sources = sourcesFor(context, osOf(context))
    return sources.parts.length === 0 ? [sources] : [sources, ...oneLine(context)]
  },
}
