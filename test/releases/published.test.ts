import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FILES, IMAGES, SERVER_TARBALLS } from '../../src/releases/data/texts.ts'
import { EVIDENCE, PUBLISHED, readTable, TARBALLS } from '../../src/releases/published.ts'

// The digests Slipway ships, against the tables they were taken from. Those are laid beside a checkout, or beside the folder of several.

const root = join(import.meta.dirname, '../..')
const shared = ['../shared/pins', '../../shared/pins'].map((path) => join(root, path)).find((path) => existsSync(path))

const columns = (name: string): readonly string[][] =>
  readFileSync(join(shared ?? '', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'))

/** What the tables say of a name that Slipway ships too, and where it says something else. */
const differing = (said: readonly (readonly [name: string, digest: string])[], ours: Readonly<Record<string, string>>): string[] => [
  ...new Set(said.filter(([name, digest]) => ours[name] !== undefined && ours[name] !== digest).map(([name]) => name)),
]

const files = (): (readonly [string, string])[] =>
  ['kops.tsv', 'kops-later.tsv', 'kubespray.tsv', 'etcd-and-others.tsv'].flatMap((name) =>
    columns(name).map(([path = '', digest = '']) => [path, `sha256:${digest}`] as const),
  )
const images = (): (readonly [string, string])[] =>
  columns('images.tsv')
    .filter(([, , what]) => what === 'index')
    .flatMap(([image = '', tags = '', , digest = '']) =>
      [...tags.matchAll(/v?\d[\w.-]*/g)].map(([tag]) => [`${image}:${tag}`, `sha256:${digest}`] as const),
    )

describe.runIf(shared !== undefined)('the tables of public digests', () => {
  test('say nothing else of a file, an image or a server tarball that Slipway ships', () => {
    expect(differing([...files(), ...images()], PUBLISHED)).toEqual([])
    const tarballs = Object.fromEntries([...TARBALLS].map(([path, { digest }]) => [path, digest]))
    expect(differing(columns('k8s-changelog-sha512.tsv') as [string, string][], tarballs)).toEqual([])
  })

  test('have everything that Slipway ships', () => {
    const known = new Set([...files(), ...images(), ...columns('k8s-changelog-sha512.tsv')].map(([name]) => name))
    expect([...Object.keys(PUBLISHED), ...TARBALLS.keys()].filter((name) => !known.has(name))).toEqual([])
  })

  test('have no file of a supported minor that is left out', () => {
    const ours = files().filter(([path]) => /^dl\.k8s\.io\/release\/v1\.3[567]\.\d+\//.test(path))
    expect(ours.length).toBeGreaterThan(200)
    expect(ours.filter(([path]) => PUBLISHED[path] === undefined).map(([path]) => path)).toEqual([])
  })

  test('one digit that is another is found', () => {
    const path = 'dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubelet'
    const flipped = (PUBLISHED[path] ?? '').replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    expect(differing(files(), { ...PUBLISHED, [path]: flipped })).toEqual([path])
    const image = 'registry.k8s.io/pause:3.10.2'
    expect(differing(images(), { ...PUBLISHED, [image]: `sha256:${'0'.repeat(64)}` })).toEqual([image])
  })
})

describe('every shipped digest', () => {
  test('is one, and has a source', () => {
    for (const [name, { digest, by }] of EVIDENCE)
      expect([name, digest, by]).toEqual([name, expect.stringMatching(/^sha256:[0-9a-f]{64}$/), by])
    for (const [name, { digest }] of TARBALLS) expect([name, digest]).toEqual([name, expect.stringMatching(/^[0-9a-f]{128}$/)])
  })

  test.each([
    ['files', FILES],
    ['images', IMAGES],
    ['server tarballs', SERVER_TARBALLS],
  ])('of %s stands there once, said by words that the head of its table explains', (_, text) => {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const table = readTable(text)
    expect(table.size).toBe(lines.length)
    const head = text
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .join('\n')
    for (const word of new Set([...table.values()].flatMap(({ by }) => by)))
      expect(head).toMatch(new RegExp(`^# +${word.replace(/^k8s\.io-\d+$/, 'k8s\\.io-N').replace(/@/, '[ @]')}( |$)`, 'm'))
  })
})
