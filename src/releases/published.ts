import { FILES, IMAGES, SERVER_TARBALLS } from './data/texts.ts'

/** A digest that Slipway ships, and who says so (the words are explained at the head of the file under data/). */
export type Published = Readonly<{ digest: string; by: readonly string[] }>

/** The lines of a table of digests: name, digest, and who says so, parted by tabs. */
export const readTable = (text: string): ReadonlyMap<string, Published> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [name = '', digest = '', by = ''] = line.split('\t')
        return [name, { digest, by: by.split(' ') }] as const
      }),
  )

/** SHA-512 of a server tarball by its canonical path ("dl.k8s.io/v1.36.3/kubernetes-server-linux-amd64.tar.gz"). */
export const TARBALLS: ReadonlyMap<string, Published> = readTable(SERVER_TARBALLS)

const all = [
  ...[...readTable(FILES)].map(([path, one]) => [path, { ...one, digest: `sha256:${one.digest}` }] as const),
  ...readTable(IMAGES),
]

/** What speaks for each shipped pin, by canonical path or image reference. */
export const EVIDENCE: ReadonlyMap<string, Published> = new Map(all)

/** The pins every Slipway brings along: canonical path or image reference -> "sha256:<hex>". */
export const PUBLISHED: Readonly<Record<string, string>> = Object.fromEntries(all.map(([name, { digest }]) => [name, digest]))
