import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { probeScript } from '../../src/commands/mirrors/probes.ts'
import { sha256 } from '../../src/digest.ts'
import { exportsOf, onHost } from '../../src/shell/script.ts'
import { ENVIRONMENT, PROBE } from '../../src/shell/texts.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

// A server of another process: the sandbox blocks this one while it runs.
const SERVER = `require('node:http').createServer((_, answer) => answer.end('ok\\n')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

let server: ChildProcess
let url: string
let host: Sandbox
let hostile: Record<string, string>

beforeAll(async () => {
  server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise((resolve) => server.stdout?.once('data', (data) => resolve(String(data).trim())))
  url = `http://127.0.0.1:${port}/file`
})
afterAll(() => server.kill())

beforeEach(() => {
  host = sandbox()
  // Nobody listens on port 1.
  const proxy = 'http://127.0.0.1:1'
  host.write('home/.curlrc', `proxy = "${proxy}"\noutput = "/dev/null"\nhead\n`)
  hostile = {
    HOME: host.path('home'),
    ETCDCTL_ENDPOINTS: 'http://127.0.0.1:1',
    ...Object.fromEntries(
      ['http', 'https', 'all'].flatMap((kind) => [`${kind}_proxy`, `${kind.toUpperCase()}_PROXY`].map((name) => [name, proxy])),
    ),
    no_proxy: '',
    NO_PROXY: '',
  }
})
afterEach(() => host.remove())

const run = (script: string) => host.run(script, '', '/bin/sh', hostile)

describe('whatever proxies and ~/.curlrc a login brings', () => {
  test('this host is asked directly', () => {
    expect(run(`loopback 5 ${url}`)).toEqual({ status: 0, stdout: 'ok\n', stderr: '' })
  })

  test('what is downloaded arrives', () => {
    expect(run(`parent /opt/x\nfetch sha256:${sha256('ok\n')} /opt/x/file ${url}`)).toMatchObject({ status: 0 })
    expect(host.read('opt/x/file')).toBe('ok\n')
  })

  test('a proxy of cluster.yml is used, but not for this host', () => {
    const proxy = exportsOf({ http_proxy: 'http://127.0.0.1:1', no_proxy: '.corp', NO_PROXY: '.corp' })
    expect(run(`${proxy}loopback 5 ${url}`)).toMatchObject({ status: 0, stdout: 'ok\n' })
    expect(run(`${proxy}parent /opt/x\nfetch sha256:${sha256('ok\n')} /opt/x/file ${url}`).stderr).toContain('no connection')
  })

  test('etcdctl and kubectl are told by their flags alone', () => {
    expect(run('env').stdout).not.toMatch(/^ETCDCTL_|^KUBERC=(?!off)/m)
  })

  test('mirrors are asked directly', () => {
    const probe = { kind: 'files', provider: 'x', url, answers: [200] } as const
    const { stdout } = spawnSync('/bin/sh', ['-s'], { input: probeScript([probe]), encoding: 'utf8', env: { ...process.env, ...hostile } })
    expect(stdout).toMatch(/^0\t200\t3\t/m)
  })

  test.each([
    ['a script', onHost('')],
    ['a probe', PROBE],
    ['a look at mirrors', probeScript([])],
  ])('%s begins with it', (_, text) => {
    expect(text.startsWith(ENVIRONMENT.slice(0, ENVIRONMENT.indexOf('\n\n')))).toBe(true)
  })
})

describe('in every text of the source', () => {
  const folder = new URL('../../src/', import.meta.url)
  const lines = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(sh|ts)$/.test(name))
    .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').split('\n'))
    .filter((line) => /(^|[^\w'"-])curl (?=-)/.test(line))

  test('curl reads no ~/.curlrc, which only its first argument keeps it from', () => {
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter((line) => !/curl -q /.test(line))).toEqual([])
  })

  test('curl to an address of this host goes past every proxy', () => {
    expect(lines.filter((line) => /127\.0\.0\.1|localhost/.test(line) && !/ --noproxy /.test(line))).toEqual([])
  })
})
