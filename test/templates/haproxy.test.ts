import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type RequestOptions, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createVault } from '../../src/engine/vault.ts'
import { haproxyConfig } from '../../src/templates/haproxy.ts'

const AUTHORITY = '/etc/kubernetes/pki/ca.crt'
const NAMES = ['cp1', 'cp2'] as const
const text = haproxyConfig(
  NAMES.map((name, index) => ({ name, address: `10.0.0.${11 + index}` })),
  AUTHORITY,
)

test('asks /readyz with the CA checked, and cuts what is down', () => {
  expect(text).toContain('bind 127.0.0.1:6443\n')
  expect(text).toContain('option httpchk GET /readyz\n')
  expect(text).toMatch(/check-ssl verify required ca-file \/etc\/kubernetes\/pki\/ca\.crt .*on-marked-down shutdown-sessions/)
  expect(text).toContain('option redispatch\n')
  expect(text.match(/^ {2}server /gm)?.length).toBe(2)
})

test('takes nobody out of the rota where there is one', () => {
  expect(text).toContain('error-status L7OKC\n')
  expect(haproxyConfig([{ name: 'cp1', address: '10.0.0.11' }], AUTHORITY)).not.toContain('L7OKC')
})

/** What kube-apiserver answers at /readyz: its own words (k8s.io/apiserver, pkg/server/healthz). */
const failing = (check: string): string =>
  `${['ping', 'etcd', 'shutdown'].map((name) => (name === check ? `[-]${name} failed: reason withheld` : `[+]${name} ok`)).join('\n')}\nreadyz check failed\n`

describe('haproxy itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-haproxy-'))
  const said: string[] = []
  const failed: Record<string, string> = {}
  /** Answers that wait to be let go. */
  let held: { name: string; release: () => void }[] = []
  let servers: Server[]
  let balancer: ChildProcess
  let ask: RequestOptions

  /** Asks through the balancer, each time by a connection of its own: who answered. */
  const answer = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = get({ ...ask, path }, (response) => {
        let body = ''
        response.on('data', (part) => (body += part)).on('end', () => resolve(body))
        response.on('error', reject)
      })
      request.on('error', reject)
    })

  const pause = () => new Promise((resolve) => setTimeout(resolve, 10))

  const until = async (line: RegExp): Promise<void> => {
    while (!said.some((one) => line.test(one))) await once(balancer.stdout as NodeJS.ReadableStream, 'data')
  }

  /** Requests that wait, at least one at each server; `gone` when their connection was cut. */
  const holdSome = async (): Promise<Promise<string>[]> => {
    const asked: Promise<string>[] = []
    while (!NAMES.every((name) => held.some((one) => one.name === name))) {
      asked.push(answer('/held').catch(() => 'gone'))
      while (held.length < asked.length) await pause()
    }
    return asked
  }

  beforeAll(async () => {
    const texts = await createVault(async () => undefined, Date.now).secret('ca')
    const pair = await createVault(async () => texts, Date.now).issue({
      kind: 'certificate',
      path: '/leaf',
      form: 'pair',
      authority: 'ca',
      commonName: 'kube-apiserver',
      organizations: [],
      sans: ['127.0.0.1'],
      usages: ['server'],
      days: 1,
      renewDays: 0,
    })
    const ca = texts[AUTHORITY]
    servers = NAMES.map((name) =>
      createServer({ cert: pair['/leaf.crt'], key: pair['/leaf.key'] }, ({ url }, response) => {
        if (url === '/held') held.push({ name, release: () => response.end(name) })
        else if (url !== '/readyz') response.end(name)
        else response.writeHead(failed[name] ? 500 : 200).end(failed[name] ?? 'ok')
      }),
    )
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
    const front = createServer().listen(0, '127.0.0.1')
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    front.close()
    ask = { host: '127.0.0.1', port, agent: false, ...(ca && { ca }) }
    writeFileSync(join(folder, 'ca.crt'), ca ?? '')
    const ports = servers.map((server) => (server.address() as AddressInfo).port)
    const here = text
      .replaceAll(AUTHORITY, join(folder, 'ca.crt'))
      .replace('bind 127.0.0.1:6443', `bind 127.0.0.1:${port}`)
      .replace(/10\.0\.0\.1([12]):6443/g, (_, index) => `127.0.0.1:${ports[Number(index) - 1]}`)
    writeFileSync(join(folder, 'haproxy.cfg'), here)
  })
  afterAll(async () => {
    balancer.kill('SIGKILL')
    await once(balancer, 'exit')
    for (const server of servers) server.close()
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    held = []
    said.length = 0
  })

  test('takes the file', async () => {
    expect(spawnSync('/usr/sbin/haproxy', ['-c', '-f', join(folder, 'haproxy.cfg')], { encoding: 'utf8' })).toMatchObject({ status: 0 })
    balancer = spawn('/usr/sbin/haproxy', ['-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'pipe', 'ignore'] })
    balancer.stdout?.on('data', (part) => said.push(String(part)))
    while ((await answer('/').catch(() => '')) === '') await pause()
  })

  test('lets an API server that shuts down finish what it was asked, and asks it nothing new', async () => {
    const waiting = await holdSome()
    failed.cp1 = failing('shutdown')
    await until(/control-planes\/cp1 is stopping/)
    expect(await Promise.all(Array.from({ length: 6 }, () => answer('/')))).toEqual(Array(6).fill('cp2'))
    for (const { release } of held) release()
    expect((await Promise.all(waiting)).sort()).toEqual(held.map(({ name }) => name).sort())
  })

  test('asks it again when it is back', async () => {
    delete failed.cp1
    await until(/control-planes\/cp1 is UP/)
    while ((await answer('/')) !== 'cp1');
  })

  test('cuts what an API server without its etcd was asked', async () => {
    const waiting = await holdSome()
    failed.cp1 = failing('etcd')
    await until(/control-planes\/cp1 is DOWN/)
    expect(await Promise.race(waiting)).toBe('gone')
    for (const { release } of held) release()
    expect((await Promise.all(waiting)).sort()).toEqual(held.map(({ name }) => (name === 'cp1' ? 'gone' : name)).sort())
  })
})
