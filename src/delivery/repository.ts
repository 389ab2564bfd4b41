import { gunzipSync } from 'node:zlib'
import type { Http } from '../net/http.ts'
import type { AptSource } from '../mirrors/types.ts'
import type { DebSource } from '../releases/alternates.ts'
import type { Complain, Place, Supply } from './fallback.ts'
import { readWhole } from './cache.ts'

/** One stanza of a Debian control file; a field's continuation lines stay in it. */
export type Stanza = Readonly<Record<string, string>>

/** Reads control-file stanzas (deb-control(5)). */
export const readStanzas = (text: string): readonly Stanza[] =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) =>
      Object.fromEntries(
        part
          .replace(/\n(?=[ \t])/g, '\0')
          .split('\n')
          .filter((line) => line.includes(':'))
          .map((line) => [
            line.slice(0, line.indexOf(':')),
            line
              .slice(line.indexOf(':') + 1)
              .trim()
              .replaceAll('\0', '\n'),
          ]),
      ),
    )

/** A file that a Release names: path below the suite, digest and size. */
export type Indexed = Readonly<{ path: string; digest: string; size: number }>

/** The files under SHA256 in a Release or InRelease. */
export const readRelease = (text: string): readonly Indexed[] => {
  const section = /^SHA256:[ \t]*\n((?:[ \t]+.*\n?)*)/m.exec(text)?.[1] ?? ''
  return section.split('\n').flatMap((line) => {
    const [, hex, size, path] = /^\s+([0-9a-f]{64})\s+(\d+)\s+(\S+)$/.exec(line) ?? []
    return hex && path ? [{ path, digest: `sha256:${hex}`, size: Number(size) }] : []
  })
}

const below = (uri: string): string => uri.replace(/\/+$/, '')

/** Where the files of a suite are: a flat repository has them beside its packages. */
const suiteAt = ({ uri }: AptSource, suite: string): string => (suite === '/' ? below(uri) : `${below(uri)}/dists/${suite}`)

/** Indexes by their digest where the archive has them so, because a mirror in the middle of an update serves files that do not fit together. */
const indexPlaces =
  (at: string, byHash: boolean, { path, digest }: Indexed) =>
  (): Place[] => {
    const folder = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : ''
    const hashed = { url: `${at}/${folder}by-hash/SHA256/${digest.slice('sha256:'.length)}` }
    return [...(byHash ? [hashed] : []), { url: `${at}/${path}` }]
  }

/** A suite's Release, as it is signed, and what it names. */
const releaseOf = async (at: string, http: Http) => {
  const text = await http.text(`${at}/InRelease`)
  if (text === undefined) return undefined
  const byHash = /^Acquire-By-Hash: yes$/m.test(text)
  return { text, named: readRelease(text), places: (index: Indexed) => indexPlaces(at, byHash, index) }
}

/** What a host's apt needs of one suite: the signed Release and the lists of packages it names, on the store. */
export type Suite = Readonly<{ suite: string; release: string; indexes: readonly Indexed[] }>

/** The indexes of every suite and component of a source for one architecture, or why not. */
export const fetchSuites = async (
  source: AptSource,
  components: readonly string[],
  arch: string,
  supply: Supply,
  http: Http,
): Promise<readonly Suite[] | string> => {
  const suites: Suite[] = []
  for (const suite of source.suites) {
    const at = suiteAt(source, suite)
    const release = await releaseOf(at, http)
    if (!release) return `${at}/InRelease: no answer`
    const indexes: Indexed[] = []
    for (const component of components) {
      const of = (kind: string) => release.named.find(({ path }) => path === `${component}/binary-${arch}/Packages.${kind}`)
      const wanted = of('xz') ?? of('gz')
      if (!wanted) return `${at}/InRelease: it names no list of ${component} packages for ${arch}`
      const why: string[] = []
      if (!(await supply.bring(wanted.digest, release.places(wanted), (line) => why.push(line)))) return why.join('; ')
      indexes.push(wanted)
    }
    suites.push({ suite, release: release.text, indexes })
  }
  return suites
}

const MOST_INDEX = 64 * 1024 * 1024

/** The stanza of a package with this digest in the list of one source. */
const findPackage = async (
  source: AptSource,
  arch: string,
  pin: string,
  supply: Supply,
  http: Http,
  complain: Complain,
): Promise<Stanza | undefined> => {
  const [suite = '/'] = source.suites
  const at = suiteAt(source, suite)
  const release = await releaseOf(at, http)
  if (!release) {
    complain(`${at}/InRelease: no answer`)
    supply.giveUp(new URL(at).host)
    return undefined
  }
  const folder = suite === '/' ? '' : `${source.components[0]}/binary-${arch}/`
  const of = (name: string) => release.named.find(({ path }) => path.replace(/^\.\//, '') === folder + name)
  const index = of('Packages.gz') ?? of('Packages')
  if (!index || !(await supply.bring(index.digest, release.places(index), complain))) return undefined
  const bytes = await readWhole(supply.store, index.digest, MOST_INDEX)
  const text = index.path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: 4 * MOST_INDEX }) : bytes
  return readStanzas(text.toString('utf8')).find((stanza) => `sha256:${stanza.SHA256}` === pin)
}

/** The places of one pinned package, looked for one repository after the other. Who serves the list does not matter: the package has its pin. */
export async function* debPlaces(deb: DebSource, arch: string, supply: Supply, http: Http, complain: Complain): AsyncGenerator<Place> {
  for (const { source, host } of deb.candidates) {
    if (supply.isDown(host)) continue
    const found = await findPackage(source, arch, deb.pin, supply, http, complain)
    if (found?.Filename) yield { url: `${below(source.uri)}/${found.Filename.replace(/^\.\//, '')}` }
  }
}
