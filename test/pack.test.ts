import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keygen, me, startSshd } from './ssh/sshd.ts'

const root = join(import.meta.dirname, '..')
const dir = mkdtempSync(join(tmpdir(), 'slipway-pack-'))
const elsewhere = join(dir, 'elsewhere')
const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; devDependencies: Record<string, string> }
const quiet = ['--no-fund', '--no-audit', '--loglevel=error']

const npm = (args: readonly string[], cwd: string): string => execFileSync('npm', [...args, ...quiet], { cwd, encoding: 'utf8' })

const node22 = join(dir, `runtime/node_modules/node-linux-${process.arch}/bin/node`)
/** Runs the installed program beside this process, which has an sshd to listen to. */
const run = async (args: readonly string[], input = ''): Promise<{ status: number | null; stdout: string; stderr: string }> => {
  const child = spawn(node22, [join(elsewhere, 'node_modules/.bin/slipway'), ...args], {
    cwd: elsewhere,
    env: { PATH: '/usr/bin:/bin', HOME: elsewhere, LANG: 'C' },
  })
  child.stdin.end(input)
  const exit = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = (await exit) as [number | null]
  return { status, stdout, stderr }
}
const slipway = (...args: string[]) => run(args)

beforeAll(() => {
  npm(['install', '--ignore-scripts', '--prefix', join(dir, 'runtime'), `node-linux-${process.arch}@22`], dir)
  npm(['pack', '--pack-destination', dir], root)
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? ''
  npm(['install', '--prefix', elsewhere, join(dir, tarball)], dir)
  cpSync(join(root, 'cluster.example.yml'), join(elsewhere, 'cluster.yml'))
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('what npm pack makes, installed elsewhere', () => {
  test('it runs on Node 22', async () => {
    expect(spawnSync(node22, ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^v22\./)
    expect(await slipway('version')).toMatchObject({ status: 0, stdout: expect.stringContaining(`slipway ${about.version} `), stderr: '' })
  })

  test('check takes the example', async () => {
    expect(await slipway('check', '--offline', '-f', 'cluster.yml')).toMatchObject({ status: 0 })
  })

  test('check refuses a file that is wrong, with its place', async () => {
    const wrong = await slipway('check', '--offline', '-f', 'node_modules/slipway/package.json')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('package.json:2:3')
  })

  const oneHost = (node: string): string =>
    `cluster_name: a\nkubernetes_version: v1.36.3\nmirrors: none\nnodes: [{address: 127.0.0.1, role: [control-plane, worker], ${node}}]\n`

  test('a host that refuses the connection is a problem, not a crash', async () => {
    const refused = await run(['plan', '-f', '-'], oneHost('port: 1'))
    expect(refused.stderr).toContain('127.0.0.1:1')
    expect(refused.status).toBe(4)
  })

  // The cipher that ssh2 has an add-on for: the bundle does without.
  test('the ssh inside speaks to a real sshd', async () => {
    const sshd = await startSshd(['Ciphers chacha20-poly1305@openssh.com'])
    try {
      sshd.authorize(keygen(join(elsewhere, 'id')))
      const node = `port: ${sshd.port}, user: ${me}, ssh_key_path: ./id, host_key: "${sshd.hostKey.split(' ').slice(0, 2).join(' ')}"`
      const looked = await run(['plan', '-f', '-'], oneHost(node))
      expect(looked.stderr).not.toContain('bug')
      expect(sshd.log()).toContain('Starting session')
      // This machine is hardly fit for a cluster; that it was judged shows that the probe came back whole.
      expect([0, 3]).toContain(looked.status)
    } finally {
      await sshd.stop()
    }
  })

  test('nothing else is installed with it: the bundle holds the few packages it needs', () => {
    const installed = readdirSync(join(elsewhere, 'node_modules')).filter((name) => !name.startsWith('.'))
    expect(installed).toEqual(['slipway'])
    const licences = readFileSync(join(elsewhere, 'node_modules/slipway/dist/LICENSES.txt'), 'utf8')
    const inside = [...licences.matchAll(/^(\S+) \d\S* \(/gm)].map(([, name]) => name ?? '')
    const direct = Object.keys(about.devDependencies).filter((name) => inside.includes(name))
    expect(direct).toContain('ssh2')
    expect(direct.length).toBeLessThanOrEqual(8)
  })

  test('it holds the bundle, the licences of what is inside, and the example', () => {
    const files = readdirSync(join(elsewhere, 'node_modules/slipway'), { recursive: true }).map(String)
    expect(files).toEqual(
      expect.arrayContaining(['dist/slipway.js', 'dist/LICENSES.txt', 'cluster.example.yml', 'LICENSE', 'package.json']),
    )
    expect(files.filter((name) => name.endsWith('.ts'))).toEqual([])
    const bundle = readFileSync(join(elsewhere, 'node_modules/slipway/dist/slipway.js'), 'utf8')
    expect(bundle).not.toContain(root)
  })
})
