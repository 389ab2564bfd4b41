import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { example } from '../../src/config/example.ts'
import { loadConfig } from '../../src/config/load.ts'
import { disk, good, parse, printed, SUPPORTED, said } from './support.ts'

const golden = (name: string): string => join(import.meta.dirname, 'golden', name)

/** cluster.example.yml with every key in use: the "#" that stands directly before a key is gone. */
const uncomment = (text: string): string => text.replace(/^(\s*)#(?=[^\s#])/gm, '$1')

describe('goldens: every problem at once, in the order of the file', () => {
  test.each(['mistakes', 'rke'])('%s', async (name) => {
    const { problems } = parse(await readFile(golden(`${name}.yml`), 'utf8'))
    const text = (['en', 'zh'] as const).map((language) => printed(problems, language).join('\n')).join('\n\n')
    await expect(`${text}\n`).toMatchFileSnapshot(golden(`${name}.txt`))
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('12345')
  })
})

describe('a good file', () => {
  test('has no problems', () => {
    const loaded = parse(good())
    expect(loaded.problems).toEqual([])
    expect(loaded.config?.kubernetes_version).toBe('v1.36.3')
    expect(loaded.hosts?.map(({ key, at }) => [key, at])).toEqual([['192.168.1.11', 'cluster.yml:3:5 nodes[0]']])
  })

  test.each([
    ['v1.36', 'v1.36.3'],
    ['"1.37"', 'v1.37.2'],
    ['1.36.3', 'v1.36.3'],
    ['v1.36.9', 'v1.36.9'],
  ])('kubernetes_version %s is %s', (written, full) => {
    expect(parse(good().replace('v1.36.3', written)).config?.kubernetes_version).toBe(full)
  })

  test('a needed key without a value is not to be taken out', () => {
    expect(said('kubernetes_version: v1.36.3\nnodes:\n')).toBe(
      'cluster.yml:2:7 nodes: Expected a list, found nothing. Name at least one host: - {address: 10.0.0.11, role: [control-plane, worker]}.',
    )
    expect(said(good('  - {address: "", role: }\n'))).toBe(
      [
        'cluster.yml:4:15 nodes[1].address: This text is empty. Add it: address: 10.0.0.11.',
        'cluster.yml:4:25 nodes[1].role: Expected a list, found nothing. Add it: role: [control-plane].',
      ].join('\n'),
    )
    expect(said(good('cluster_domain:\n'))).toContain('Give it a value, or take the key out.')
  })

  test.each([
    ['ssh://root@10.0.0.3:2222', 'holds a user. Write address: 10.0.0.3 and user: root and port: 2222.'],
    ['root@10.0.0.3:2222', 'holds a user. Write address: 10.0.0.3 and user: root and port: 2222.'],
    ['root@10.0.0.3', 'holds a user. Write address: 10.0.0.3 and user: root.'],
    ['10.0.0.3:22', 'holds a port. Write address: 10.0.0.3 and port: 22.'],
    ['https://10.0.0.3', 'holds more than a name. Write address: 10.0.0.3.'],
  ])('an address %s comes apart in one go', (address, words) => {
    expect(said(good(`  - {address: ${address}, role: [worker]}\n`))).toBe(`cluster.yml:4:15 nodes[1].address: "${address}" ${words}`)
  })

  test.each([
    ['  - {address:10.0.0.3, role: [worker]}', 'Put ":" and a space between: `address: 10.0.0.3`.'],
    ['  - {address： 10.0.0.3, role: [worker]}', 'Put ":" and a space between: `address: 10.0.0.3`.'],
    ['  - {address: 10.0.0.3, role: [worker], ssh: {user: a}}', 'Move it to the left margin: ssh is a key of the whole file.'],
    ['cluster-cidr: 10.42.0.0/16', 'It belongs in network.pod_cidr.'],
  ])('an unknown key: %s', (line, fix) => expect(said(good(`${line}\n`))).toContain(fix))

  const workers = (value: string) => said(good(`upgrade_strategy: {max_unavailable_worker: ${value}}\n`))

  test.each(['2', '"2"', '10%', '"100%"'])('%s is a number of workers', (value) => {
    expect(workers(value)).toBe('')
  })

  test.each(['2.5', '0%', 'two', 'true', '[1]', '""', ''])('"%s" is none', (value) => {
    expect(workers(value)).toMatch(/Expected a number or a percentage, found .*such as 2 or 10%\.$/)
  })

  test('anchors and merge keys keep their positions', () => {
    const text = `kubernetes_version: v1.36.3
nodes:
  - &one {address: a.example.com, role: [control-plane], user: Ubuntu}
  - {<<: *one, address: b.example.com, hostname_override: B_1}
  - {<<: *one, address: b.example.com}
`
    expect(said(text)).toBe(
      [
        'cluster.yml:4:59 nodes[1].hostname_override: "B_1" is not a DNS-1123 subdomain (lower-case letters, digits, "-" and ".", here at most 63). Try "b-1".',
        'cluster.yml:5:25 nodes[2].address: "b.example.com:22" is nodes[1] already. Give each host its own, or remove one of the two entries.',
      ].join('\n'),
    )
    expect(parse(text.replace(', hostname_override: B_1', '').replace(/b.example.com}\n$/, 'c.example.com}\n')).hosts?.[2]?.user).toBe(
      'Ubuntu',
    )
  })

  test('a thousand hosts may share one anchor', () => {
    const nodes = Array.from({ length: 250 }, (_, i) => `  - {<<: *one, address: 192.168.2.${i}}`).join('\n')
    const text = `kubernetes_version: v1.36.3\nnodes:\n  - &one {address: 192.168.1.1, role: [control-plane], labels: {a: b}}\n${nodes}\n`
    expect(parse(text).problems.map(({ what }) => what.en)).toEqual(['251 nodes hold etcd: more than 7 only make every write slower.'])
  })

  test('CRLF and a byte order mark are fine', () => {
    expect(said(`\ufeff${good()}`.replaceAll('\n', '\r\n'))).toBe('')
  })
})

describe('cluster.example.yml', () => {
  test('loads without problems', () => expect(said(example())).toBe(''))
  test('is a whole file in five lines', () => {
    expect(
      example()
        .split('\n')
        .filter((line) => line.trim() !== '' && !/^\s*#/.test(line)),
    ).toHaveLength(5)
  })
  test('loads without problems with every key in use', () => {
    const { problems, config, hosts } = parse(uncomment(example()))
    expect(printed(problems)).toEqual([])
    expect(config?.network.plugin).toBe('flannel')
    expect(hosts?.[0]?.ssh.hostKey).toBe('ssh-ed25519 AAAAC3Nza me@lab')
  })
})

describe('YAML', { timeout: 30_000 }, () => {
  test.each([
    ['a tab', good('network:\n\tplugin: none\n'), 'cluster.yml:5:1: A tab is used as indentation. Use spaces.'],
    [
      'a duplicate key',
      good('time_sync: none\ntime_sync: auto\n'),
      'cluster.yml:5:1 time_sync: This key is written twice. Keep one of them.',
    ],
    [
      'several documents',
      `${good()}---\na: 1\n`,
      'cluster.yml:5:1: The file holds several YAML documents ("---"). Keep one cluster per file.',
    ],
    ['a tag', good('cluster_name: !vault secret\n'), 'cluster.yml:4:15: YAML tags ("!name") are not supported. Write the plain value.'],
    ...['nodes：', 'kubernetes_version：v1.36.3', 'a: b: c　'].map((line): [string, string, string] => [
      `full width: ${line}`,
      `mirrors: cn # 一：二\n${line} # 一：二\n${good()}`,
      `cluster.yml:2:${line.search(/[：　－]/) + 1}: A full-width character stands here: YAML does not read it as ":", ",", "-", a bracket, a quote or a space. Switch the input method to half-width and type it again.`,
    ]),
    ['no space', `mirrors:cn\n${good()}`, 'cluster.yml:1:1: This line is not "key: value". Put ":" and a space after the key.'],
    [
      'an open brace',
      good().replace('worker]}', 'worker]\n  - {address: 192.168.1.12, role: [worker]}'),
      'cluster.yml:4:3: A bracket that was opened before this place is not closed. Close "{" with "}" and "[" with "]", the inner one first.',
    ],
    [
      'a key of an entry that is not indented enough',
      'nodes:\n  - address: 192.168.1.11\n   role: [worker]\n',
      'cluster.yml:3:1: This line belongs to no entry of the list above it. Indent it like the key after the "- ", or start it with "- ".',
    ],
    [
      'an open quote',
      good('cluster_name: "lab\n'),
      'cluster.yml:5:1: A character is missing: a quote, a bracket, a comma, or the space after ":" or "-". Close what was opened, and put a space after ":" and "-".',
    ],
    ['nothing', '', 'cluster.yml:1:1: The file is empty. Start from cluster.example.yml: kubernetes_version and nodes are needed.'],
    [
      'a list',
      '- a\n',
      'cluster.yml:1:1: Expected a map of keys, found a list. Start from cluster.example.yml: kubernetes_version and nodes are needed.',
    ],
    [
      'an alias of nothing',
      good('cluster_name: *x\n'),
      'cluster.yml:4:15: This alias names no anchor above it. Define it with "&name" before "*name".',
    ],
  ])('%s', (_, text, expected) => expect(said(text)).toBe(expected))

  test.each([
    ['[', 100_000],
    ['{a: ', 50_000],
  ])('%s %i times deep does not end the program', (open, times) => {
    expect(parse(open.repeat(times)).problems.length).toBeGreaterThan(0)
  })

  test('aliases that multiply are refused', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)
    expect(said(`a0: &a0 [x]\n${lines.join('\n')}\n`)).toContain('repeats itself too often')
  })
})

describe('files that cluster.yml names', () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----'
  test.each([
    ['a missing key', 'ssh: {key_path: ~/id}\n', {}, 'cluster.yml:4:17 ssh.key_path: "/home/me/id" does not exist.'],
    [
      'a public key',
      'ssh: {key_path: id.pub}\n',
      { '/lab/id.pub': 'ssh-ed25519 AAAA' },
      'cluster.yml:4:17 ssh.key_path: "/lab/id.pub" is a public key.',
    ],
    ['known_hosts, which is made with the first key', 'ssh: {known_hosts: known}\n', {}, ''],
    ['a password file', 'ssh: {password: "file:pw"}\n', {}, 'cluster.yml:4:17 ssh.password: "/lab/pw" does not exist.'],
    [
      'an apt key',
      'mirrors: {apt: {keys: {docker: k}}}\n',
      { '/lab/k': 'x' },
      'cluster.yml:4:32 mirrors.apt.keys.docker: "/lab/k" is not an armored PGP key.',
    ],
    ['all well', 'ssh: {key_path: ./keys/../id}\n', { '/lab/id': key }, ''],
  ])('%s', (_, more, files, expected) => {
    const got = said(good(more), disk(files as Record<string, string>))
    expected === '' ? expect(got).toBe('') : expect(got.startsWith(expected), got).toBe(true)
  })

  test('a file that many hosts name is one problem', () => {
    const text = good(
      '  - {address: 192.168.1.12, role: [worker], ssh_key_path: k}\n  - {address: 192.168.1.13, role: [worker], ssh_key_path: k}\n',
    )
    expect(parse(text, disk({})).problems).toHaveLength(1)
  })
})

describe('loadConfig', () => {
  test('reads a file, and stdin for -', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-'))
    try {
      const file = join(folder, 'cluster.yml')
      await writeFile(file, good('ssh: {key_path: id}\n'))
      await writeFile(join(folder, 'id'), '-----BEGIN OPENSSH PRIVATE KEY-----')
      expect((await loadConfig(file, { supported: SUPPORTED })).hosts?.[0]?.ssh.keyPath).toBe(join(folder, 'id'))
    } finally {
      await rm(folder, { recursive: true })
    }
    const stdin = (async function* () {
      yield good('cluster_name: A\n')
    })()
    expect((await loadConfig('-', { stdin, supported: SUPPORTED })).problems[0]?.at).toBe('stdin:4:15 cluster_name')
  })

  test.each([
    ['/does/not/exist.yml', 'does not exist.'],
    ['/', 'is a folder.'],
  ])('%s', async (path, words) => expect((await loadConfig(path, { supported: SUPPORTED })).problems[0]?.what.en).toContain(words))

  test.each([
    ['cluster.yml', 'cluster.yaml'],
    ['prod.yaml', 'prod.yml'],
  ])('%s is not there, but %s is', async (asked, there) => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-'))
    try {
      await writeFile(join(folder, there), good())
      const { problems } = await loadConfig(join(folder, asked), { supported: SUPPORTED })
      expect(problems).toHaveLength(1)
      expect(problems[0]?.what.en).toContain(` does not exist, ${JSON.stringify(join(folder, there))} does.`)
      expect(problems[0]?.fix.en).toBe(`Write -f ${join(folder, there)}, or rename that file.`)
      expect((await loadConfig(join(folder, 'other.yml'), { supported: SUPPORTED })).problems[0]?.fix.en).toContain(
        'Name your file with -f',
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('refuses what is not UTF-8', async () => {
    const stdin = (async function* () {
      yield Uint8Array.of(0xff, 0xfe, 0x61, 0x00)
    })()
    expect((await loadConfig('-', { stdin, supported: SUPPORTED })).problems[0]?.what.en).toBe('The file is not UTF-8 text.')
  })
})

describe('properties', { timeout: 60_000 }, () => {
  const inside = (text: string): void => {
    const lines = text.split('\n')
    for (const { at, what, fix } of parse(text).problems) {
      const [, line = '', column = ''] = /^cluster\.yml:(\d+):(\d+)( |$)/.exec(at) ?? []
      const row = lines[Number(line) - 1]
      expect(row, `${at} of ${JSON.stringify(text)}`).toBeDefined()
      expect(Number(column)).toBeGreaterThanOrEqual(1)
      expect(Number(column)).toBeLessThanOrEqual((row ?? '').length + 1)
      for (const words of [what, fix]) expect(words.en !== '' && words.zh !== '').toBe(true)
    }
  }
  const pieces = fc.constantFrom(
    'kubernetes_version',
    'nodes',
    'address',
    'role',
    'ssh',
    'mirrors',
    'network',
    'services',
    'labels',
    ':',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '<<: ',
    '|\n',
    '>',
    '!t ',
    '? ',
    '%',
    '---\n',
    '...\n',
    '\t',
    '\r\n',
    '10.0.0.1',
    'control-plane',
    '1.36',
    'null',
    '~',
    'x',
  )
  test('any text', () => fc.assert(fc.property(fc.string({ unit: 'grapheme' }), inside)))
  test('text that looks like YAML', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        inside,
      ),
      { numRuns: 1500 },
    )
  })
  test('a good file with a piece cut out', () => {
    const text = uncomment(example())
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(60), (from, length) => inside(text.slice(0, from) + text.slice(from + length))),
      { numRuns: 150 },
    )
  })
  test('any object under the keys we know', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('cn', 'worker', '10.0.0.0/8', -1, 1.5))
    const node = fc.oneof(
      value,
      fc.record({ address: value, role: value, labels: value, taints: value, bastion_host: value }, { requiredKeys: [] }),
    )
    const file = fc.record(
      {
        kubernetes_version: value,
        nodes: fc.oneof(value, fc.array(node)),
        ssh: value,
        mirrors: value,
        network: value,
        services: value,
        extra_sans: value,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(file, (object) => inside(stringify(object))),
      { numRuns: 500 },
    )
  })
})
