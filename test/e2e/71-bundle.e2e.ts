// Hosts that may ask nobody: this machine delivers, from the mirrors or from one file.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ADDRESS,
  CONTROL,
  container,
  engine,
  fresh,
  HOSTS,
  kubectl,
  LAB_KEY,
  launch,
  now,
  on,
  onAll,
  Operator,
  type HostName,
  type Request,
  requests,
} from './lab.ts'

let operator: Operator
beforeAll(() => {
  operator = new Operator()
  operator.env = {
    NODE_OPTIONS: `--import=${new URL('behind.mjs', import.meta.url).pathname}`,
    NODE_EXTRA_CA_CERTS: join(LAB_KEY, '../ca.crt'),
  }
})

// The wall goes with its hosts.
afterAll(() => fresh(...HOSTS))

/** What the operator's machine asked the mirrors for: it stands at the gateway of the lab's network. */
const operatorsRequests = async (since: string): Promise<Request[]> => {
  const text = await (await fetch(`${CONTROL}/log?since=${since}`, { signal: AbortSignal.timeout(20_000) })).text()
  const all = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Request)
  return all.filter(({ client }) => client === '10.77.0.1')
}

/** Nothing leaves a host but what goes to its peers and what answers ssh. From outside: the hosts have no iptables yet. */
const wall = async (host: HostName): Promise<void> => {
  const pid = (await engine('inspect', '-f', '{{.State.Pid}}', container(host))).trim()
  const rules = [
    '-N WALL',
    '-A WALL -p tcp --sport 22 -j RETURN',
    ...Object.values(ADDRESS).map((peer) => `-A WALL -d ${peer} -j RETURN`),
    '-A WALL -j DROP',
    '-I OUTPUT -o eth0 -j WALL',
    '-I FORWARD -o eth0 -j WALL',
  ]
  for (const rule of rules) {
    const { exit, stderr } = await launch('nsenter', ['-t', pid, '-n', 'iptables', ...rule.split(' ')]).ended
    if (exit !== 0) throw new Error(`iptables ${rule}: ${stderr}`)
  }
}

const healthy = async (): Promise<void> => {
  const nodes = (await kubectl('get nodes --no-headers')).split('\n')
  expect(nodes).toHaveLength(3)
  for (const node of nodes) expect(node).toMatch(/ Ready /)
}

describe('push', () => {
  test('each thing is asked for once, and the hosts ask nothing', async () => {
    await fresh(...HOSTS)
    operator.write((config) => Object.assign(config, { delivery: 'push' }))
    const since = now()
    const { exit, stderr } = await operator.up()
    expect(exit, stderr).toBe(0)
    await healthy()
    expect(await requests(since)).toEqual([])
    const bodies = (await operatorsRequests(since)).filter(({ method }) => method === 'GET').map(({ host, path }) => `${host}${path}`)
    expect(bodies.length).toBeGreaterThan(30)
    expect(bodies).toEqual([...new Set(bodies)])
  }, 900_000)

  test('a second up asks for nothing, and leaves nothing lying about', async () => {
    const since = now()
    const { exit, stderr } = await operator.up()
    expect(exit, stderr).toBe(0)
    expect(stderr).toContain('No changes')
    expect([await requests(since), await operatorsRequests(since)]).toEqual([[], []])
    for (const left of Object.values(
      await onAll((host) => on(host, 'ls -A /var/lib/slipway/fetch; ls -d /var/lib/slipway/delivery 2>/dev/null || true')),
    ))
      expect(left).toBe('')
  })
})

describe('bundle', () => {
  const file = (): string => join(operator.dir, 'cluster.tar')

  test('create writes one file, out of what is in the cache already and of what is not', async () => {
    await fresh(...HOSTS)
    const { exit, stderr } = await operator.run('bundle', 'create', file())
    expect(exit, stderr).toBe(0)
    expect(existsSync(file()) && statSync(file()).size).toBeGreaterThan(100_000_000)
  }, 900_000)

  test('up --bundle installs hosts whose every other packet is dropped, and nobody asks a mirror', async () => {
    await onAll(wall)
    const since = now()
    const { exit, stderr } = await operator.up('--bundle', file())
    expect(exit, stderr).toBe(0)
    await healthy()
    expect([await requests(since), await operatorsRequests(since)]).toEqual([[], []])
    const again = await operator.up('--bundle', file())
    expect(again.stderr).toContain('No changes')
  }, 900_000)
})
