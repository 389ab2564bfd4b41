import { deb822 } from '../templates/deb822.ts'
import type { Os } from '../mirrors/types.ts'
import type { AbsentResource, Resource } from '../resources/types.ts'
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

/** An old one-line file with active lines; beside a deb822 file it would fetch the same archive twice. */
const oneLine = ({ facts }: Context): AbsentResource[] =>
  (facts.paths[OLD]?.text ?? '').split('\n').some((line) => /^\s*deb(-src)?\s/.test(line))
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

export const aptSources: Step = {
  id: 'apt-sources',
  title: { en: 'apt sources', zh: 'apt 源' },
  on: 'every',
  resources: (context): Resource[] => {
    const os = osOf(context)
    const signedBy = `/usr/share/keyrings/${os.id}-archive-keyring.gpg`
    // Several URIs in one stanza are all fetched, so only the first place is written (sources.list(5)).
    const base = context.sources.apt({ kind: 'base' }, os).slice(0, 1)
    if (base.length === 0) return []
    const security = context.sources.apt({ kind: 'security' }, os).slice(0, 1)
    const stanzas = [...base, ...security].map(({ uri, ...rest }) => ({ ...rest, uris: [uri], signedBy }))
    return [...oneLine(context), { kind: 'file', path: ownFile(os), text: deb822(stanzas) }]
  },
}
