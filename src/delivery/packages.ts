import type { TarEntry } from '../archive/tar.ts'
import { textEntry, writeTar } from '../archive/tar.ts'
import type { Http } from '../net/http.ts'
import { onHost } from '../shell/script.ts'
import { quote } from '../shell/quote.ts'
import { capture, type Transport } from '../hosts/transport.ts'
import type { AptSource } from '../mirrors/types.ts'
import type { Archives } from '../resources/types.ts'
import { deb822 } from '../templates/deb822.ts'
import type { Complain, Place, Supply } from './fallback.ts'
import { fetchSuites, readStanzas, type Stanza, type Suite } from './repository.ts'

/** One package of a system: its stanza without the place, and the archive it is in. */
export type Deb = Readonly<{ name: string; version: string; digest: string; size: number; stanza: string; path: string; security: boolean }>

/** The packages that a system may need, with all they depend on, as its own apt found them. */
export type Resolved = Readonly<{ debs: readonly Deb[] }>

/** "debian-12-amd64": hosts of one system take the same packages. */
export const systemOf = ({ os }: Archives): string => `${os.id}-${os.version}-${os.arch}`

// What is wanted is in these; others would only be more to carry.
const COMPONENTS: Readonly<Record<string, readonly string[]>> = { debian: ['main'], ubuntu: ['main', 'universe'] }

const HOME = '/var/lib/slipway/delivery/resolve'

type Named = Readonly<{ name: 'base' | 'security'; source: AptSource; suites: readonly Suite[] }>

/** The archives as a tree of files that apt reads with `file:`, and its sources. */
function* treeOf(named: readonly Named[], { os }: Archives, supply: Supply, sizes: ReadonlyMap<string, number>): Generator<TarEntry> {
  const components = COMPONENTS[os.id] ?? []
  for (const { name, suites } of named)
    for (const { suite, release, indexes } of suites) {
      yield textEntry(`${name}/dists/${suite}/InRelease`, release)
      for (const { path, digest } of indexes)
        yield { name: `${name}/dists/${suite}/${path}`, size: sizes.get(digest) ?? 0, content: supply.store.open(digest) }
    }
  const text = deb822(
    named.map(({ name, suites }) => ({
      uris: [`file:${HOME}/${name}`],
      suites: suites.map(({ suite }) => suite),
      components,
      signedBy: `/usr/share/keyrings/${os.id}-archive-keyring.gpg`,
    })),
  )
  // Hosts with a desktop fetch more than lists of packages, which are not here.
  yield textEntry('apt.sources', text.replaceAll(/^Signed-By:/gm, 'Targets: Packages\nSigned-By:'))
}

const readDebs = (output: string): readonly Deb[] => {
  const uris = output.split('\n').flatMap((line) => /^uri '?file:([^']*)'?$/.exec(line)?.[1] ?? [])
  const paths = new Map(
    uris.map((uri) => decodeURIComponent(uri).slice(HOME.length + 1)).map((path) => [path.slice(path.indexOf('/') + 1), path]),
  )
  const stanzas: readonly Stanza[] = readStanzas(
    output
      .split('\n')
      .filter((line) => !line.startsWith('uri '))
      .join('\n'),
  )
  const seen = new Map<string, Deb>()
  for (const { Package: name = '', Version: version = '', SHA256: hex = '', Size: size = '', Filename: path = '', ...rest } of stanzas) {
    const place = paths.get(path)
    if (!/^[0-9a-f]{64}$/.test(hex) || place === undefined) continue
    const { MD5sum: _, ...kept } = rest
    const fields = { Package: name, Version: version, ...kept, Size: size, SHA256: hex }
    const stanza = Object.entries(fields)
      .map(([field, value]) => `${field}: ${value}`)
      .join('\n')
    seen.set(hex, { name, version, digest: `sha256:${hex}`, size: Number(size), stanza, path, security: place.startsWith('security/') })
  }
  return [...seen.values()]
}

/**
 * The index of a flat repository of these packages, whose files are named by their digests. Apt on the host decides with it what is
 * missing there, and sees nothing else.
 */
export const indexText = ({ debs }: Resolved): string =>
  debs.map(({ stanza, digest }) => `${stanza}\nFilename: ./${digest.slice('sha256:'.length)}.deb\n`).join('\n')

/** Where a package can be had: the archive it is in, from every mirror of it. */
export const packagePlaces =
  ({ path, security }: Deb, { base, security: fixes }: Archives) =>
  (): Place[] =>
    (security ? fixes : base).map(({ uri }) => ({ url: `${uri.replace(/\/+$/, '')}/${path}` }))

/** The first source whose lists can be had. */
const firstOf = async (
  name: Named['name'],
  sources: readonly AptSource[],
  { os }: Archives,
  supply: Supply,
  http: Http,
  complain: Complain,
): Promise<Named | undefined> => {
  for (const source of sources) {
    const suites = await fetchSuites(source, COMPONENTS[os.id] ?? [], os.arch, supply, http)
    if (typeof suites !== 'string') return { name, source, suites }
    complain(suites)
  }
  return undefined
}

const ask = async (
  tree: AsyncIterable<Uint8Array>,
  { os }: Archives,
  names: readonly string[],
  transport: Transport,
  signal: AbortSignal,
) => {
  const script = onHost(`resolve_packages ${os.arch} ${names.map(quote).join(' ')}`, { enters: false })
  return await capture(transport, script, { input: tree, signal })
}

/**
 * Asks the apt of a host of this system which packages these names mean, with all they depend on, as if nothing were installed. The lists
 * are fetched here and streamed there: that apt has the keys they are signed with, and asks nobody.
 */
export const resolvePackages = async (
  names: readonly string[],
  archives: Archives,
  transport: Transport,
  supply: Supply,
  http: Http,
  complain: Complain,
  signal: AbortSignal,
): Promise<Resolved | undefined> => {
  const security = await firstOf('security', archives.security, archives, supply, http, complain)
  for (const source of archives.base) {
    const base = await firstOf('base', [source], archives, supply, http, complain)
    if (!base) continue
    const named = [base, ...(security ? [security] : [])]
    const digests = named.flatMap(({ suites }) => suites.flatMap(({ indexes }) => indexes.map(({ digest }) => digest)))
    const sizes = new Map(await Promise.all(digests.map(async (digest) => [digest, (await supply.store.size(digest)) ?? 0] as const)))
    const { exit, stdout, stderr } = await ask(writeTar(treeOf(named, archives, supply, sizes)), archives, names, transport, signal)
    const debs = exit === 0 ? readDebs(stdout) : []
    if (debs.length > 0) return { debs }
    complain(`${source.uri}: ${stderr.trim().split('\n').at(-1) || `apt ended with ${exit}`}`)
  }
  return undefined
}
