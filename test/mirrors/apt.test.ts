import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PRELUDE } from '../../src/shell/texts.ts'
import { quote } from '../../src/shell/quote.ts'
import { aptSources } from '../../src/resources/apt-sources.ts'
import type { AptSourcesResource } from '../../src/resources/types.ts'
import { breaking } from './sources.ts'

const run = promisify(execFile)

// These need apt itself; what runs elsewhere is skipped.
const hasApt = await run('apt-get', ['--version']).then(
  () => run('gpg', ['--version']).then(() => true),
  () => false,
)

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let keys: string
let root: string
let servers: Server[] = []

const packages = 'Package: a\nVersion: 1\nArchitecture: all\nFilename: a.deb\nSize: 1\n'
const sha = createHash('sha256').update(packages).digest('hex')
const release = `Origin: test\nSuite: stable\nCodename: stable\nArchitectures: amd64 arm64\nComponents: main\nDate: ${new Date().toUTCString()}\nSHA256:\n ${sha} ${packages.length} main/binary-amd64/Packages\n ${sha} ${packages.length} main/binary-arm64/Packages\n`
let signed: string

beforeAll(async () => {
  if (!hasApt) return
  keys = await mkdtemp(join(tmpdir(), 'slipway-gpg-'))
  await chmod(keys, 0o755)
  const gpg = (...args: string[]) =>
    run('gpg', ['--homedir', join(keys, 'home'), '--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...args])
  await mkdir(join(keys, 'home'), { mode: 0o700 })
  await gpg('--quick-gen-key', 'test', 'ed25519', 'sign')
  await gpg('--output', join(keys, 'key.asc'), '--armor', '--export')
  await writeFile(join(keys, 'Release'), release)
  await gpg('--output', join(keys, 'InRelease'), '--clearsign', join(keys, 'Release'))
  signed = await readFile(join(keys, 'InRelease'), 'utf8')
})

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-apt-'))
  await chmod(root, 0o755)
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'run', 'etc', 'lib'])
    await mkdir(join(root, path), { recursive: true })
  const settings = [
    `Dir::State "${root}/state"`,
    `Dir::Cache "${root}/cache"`,
    'APT::Sandbox::User "root"',
    'Acquire::http::Proxy "DIRECT"',
    'Dir::Etc::parts "-"',
  ]
  await writeFile(join(root, 'apt.conf'), settings.map((line) => `${line};\n`).join(''))
})

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})

const start = async (handler: Handler): Promise<string> => {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serving =
  (inRelease: () => string): Handler =>
  ({ url = '' }, response) => {
    if (url.endsWith('/InRelease')) response.end(inRelease())
    else if (/\/Packages$/.test(url)) response.end(packages)
    else response.writeHead(404).end()
  }
const good: Handler = (request, response) => serving(() => signed)(request, response)

const stanza = (host: string) =>
  `Types: deb\nURIs: http://${host}/debian\nSuites: stable\nComponents: main\nSigned-By: ${join(keys, 'key.asc')}\n`
const choice = (host: string) => ({ host, text: stanza(host) })

const wanted = (base: readonly string[], security: readonly string[] = []): AptSourcesResource => ({
  kind: 'apt-sources',
  name: 'debian',
  path: join(root, 'etc/debian.sources'),
  old: join(root, 'etc/sources.list'),
  parts: [
    { name: 'base', choices: base.map(choice) },
    ...(security.length > 0 ? [{ name: 'security', choices: security.map(choice) }] : []),
  ],
})

/** The resource's own script with the real functions, in a place of its own instead of /etc and /var. */
const script = async (body: string) => {
  const place = `STATE=${quote(`${root}/lib`)}\nRUN=${quote(`${root}/run`)}\nAPT_HOME=${quote(`${root}/etc/apt-home`)}\nAPT_SILENCE=2\nAPT_LIMIT=10\nFETCH_WINDOW=2\nchown() { :; }\n`
  const text = `${PRELUDE}\n${place}\nmain() {\n${body.replaceAll('/etc/slipway/apt', `${root}/etc/apt-home`)}\n}\nmain; exit\n`
  const { code, stdout, stderr } = await run('/bin/sh', ['-c', text], { env: { ...process.env, APT_CONFIG: `${root}/apt.conf` } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  return { code, stderr, stdout, notes: stdout.split('\n').filter((line) => line.startsWith('::slipway note ')) }
}

const apply = (want: AptSourcesResource) => script(aptSources.script(want, { verb: 'create', reason: { en: '', zh: '' } }, {}))
const written = () => readFile(join(root, 'etc/debian.sources'), 'utf8')

const FAULTS: Readonly<Record<string, Readonly<{ handler: Handler; says: RegExp }>>> = {
  '404': { handler: (_, response) => void response.writeHead(404).end(), says: /HTTP 404/ },
  '503': { handler: (_, response) => void response.writeHead(503).end(), says: /HTTP 503/ },
  // apt's own word for it varies from run to run.
  'nothing at all': { handler: () => {}, says: /(silent for 2 s|no answer)/ },
  'a page with 200': { handler: (_, response) => void response.end('<html>not found</html>'), says: /an HTML page/ },
  'a bad signature': {
    handler: (request, response) => serving(() => signed.replace('Origin: test', 'Origin: evil'))(request, response),
    says: /bad signature/,
  },
  'wrong lists': {
    handler: ({ url = '' }, response) => void (url.endsWith('/InRelease') ? response.end(signed) : response.end('Package: evil\n')),
    says: /wrong digest/,
  },
  'a redirect loop': {
    handler: ({ url = '' }, response) => void response.writeHead(302, { location: url }).end(),
    says: /it redirects in circles/,
  },
  'cut off': {
    handler: ({ url = '' }, response) => {
      if (!url.endsWith('/InRelease')) return void response.writeHead(404).end()
      response.writeHead(200, { 'content-length': signed.length })
      response.write(signed.slice(0, 300), () => setTimeout(() => response.destroy(), 50))
    },
    says: /it broke off/,
  },
  'too slow': {
    handler: (_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 })
      const timer = setInterval(() => response.write('x'.repeat(250)), 250)
      response.on('close', () => clearInterval(timer))
    },
    says: /only \d\.\d KB.s/,
  },
}

describe.skipIf(!hasApt && !process.env.CI)('apt sources on a host', () => {
  test('a line that breaks in every list goes on where it stopped', async () => {
    const list = Buffer.from(packages + 'X-Padding: x\n'.repeat(20_000))
    const [folder, ranges] = [join(root, 'broken'), [] as (string | undefined)[]]
    await mkdir(folder)
    const sum = createHash('sha256').update(list).digest('hex')
    await writeFile(join(folder, 'Release'), release.replaceAll(sha, sum).replaceAll(` ${packages.length} `, ` ${list.length} `))
    const gpg = ['--homedir', join(keys, 'home'), '--batch', '--pinentry-mode', 'loopback', '--passphrase', '']
    await run('gpg', [...gpg, '--output', join(folder, 'InRelease'), '--clearsign', join(folder, 'Release')])
    const modified = new Date(Date.now() - 1e6).toUTCString()
    const url = await start((request, response) => {
      if (request.url?.endsWith('/InRelease')) return void readFile(join(folder, 'InRelease')).then((text) => response.end(text))
      if (!/\/Packages$/.test(request.url ?? '')) return void response.writeHead(404).end()
      ranges.push(request.headers.range)
      response.setHeader('last-modified', modified)
      breaking(list, 100_000)(request, response)
    })
    const { code, notes } = await apply(wanted([url]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-'])
  })

  test('the first that works, nothing else is asked', async () => {
    const [one, two] = [await start(good), await start(() => expect.unreachable())]
    const { code, notes, stderr } = await apply(wanted([one, two], [one]))
    expect(stderr).toBe('')
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(await written()).toBe(`${stanza(one)}\n${stanza(one)}`)
  })

  test.for(Object.entries(FAULTS))('%s: the next takes over, with one line', async ([, { handler, says }]) => {
    const [bad, fine] = [await start(handler), await start(good)]
    const { code, notes } = await apply(wanted([bad, fine], [fine]))
    expect(code).toBe(0)
    expect(await written()).toBe(`${stanza(fine)}\n${stanza(fine)}`)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(new RegExp(`source-failed ${bad} apt:base ${says.source} .given up.$`))
  })

  test('none works: the run fails and the file stays as it was', async () => {
    await writeFile(join(root, 'etc/debian.sources'), 'old\n')
    const [one, two] = [await start(FAULTS['404']!.handler), await start(FAULTS['a bad signature']!.handler)]
    const { code, notes } = await apply(wanted([one, two]))
    expect(code).not.toBe(0)
    expect(notes).toHaveLength(2)
    expect(await written()).toBe('old\n')
  })

  test('security fixes stay with upstream even when it cannot be asked', async () => {
    const [fine, bad] = [await start(good), await start(FAULTS['503']!.handler)]
    const { code, notes } = await apply(wanted([fine], [bad]))
    expect(code).toBe(0)
    expect(notes).toHaveLength(1)
    expect(await written()).toBe(`${stanza(fine)}\n${stanza(bad)}`)
  })

  test('a source that fails later is exchanged when packages are wanted', async () => {
    let broken = false
    const [one, two] = [await start((request, response) => (broken ? FAULTS['503']!.handler : good)(request, response)), await start(good)]
    expect((await apply(wanted([one, two]))).code).toBe(0)
    broken = true
    const { code, notes } = await script('apt_refresh')
    expect(code).toBe(0)
    expect(notes.length).toBeGreaterThan(0)
    expect(await written()).toBe(stanza(two))
  })

  test('security fixes that cannot be asked do not cost a later refresh its base archive', async () => {
    const [fine, bad] = [await start(good), await start(FAULTS['503']!.handler)]
    expect((await apply(wanted([fine], [bad]))).code).toBe(0)
    await rm(join(root, 'run'), { recursive: true })
    await mkdir(join(root, 'run'))
    const { code, notes } = await script('apt_refresh')
    expect(code).toBe(0)
    expect(notes).toEqual([expect.stringContaining(`source-failed ${bad} apt:security HTTP 503`)])
    expect(await written()).toBe(`${stanza(fine)}\n${stanza(bad)}`)
  })

  test('what was there comes back', async () => {
    await writeFile(join(root, 'etc/debian.sources'), 'old\n')
    const one = await start(good)
    await apply(wanted([one]))
    expect(await written()).toBe(stanza(one))
    const none: AptSourcesResource = { ...wanted([]), parts: [] }
    expect((await script(aptSources.script(none, { verb: 'remove', reason: { en: '', zh: '' } }, {}))).code).toBe(0)
    expect(await written()).toBe('old\n')
  })
})
