import { expect, test } from 'vitest'
import { plan } from '../../src/engine/plan.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { KNOWN_HOSTS_COPY } from '../../src/hosts/known-name.ts'
import { LOCK_COPY, lockCopies } from '../../src/steps/operator-records.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { changesFor, converge } from '../engine/support.ts'

const { cluster, hosts, world } = scenarioNamed('three-planes-none')
const LOCK = 'version: 1\nfiles: {}\n'
const locked = { ...cluster, lockText: LOCK }
const installed = converge(locked, hosts, world).world

const textAt = (seen: World, host: string, path: string): string | undefined => seen[host]?.paths[path]?.text
const withCopy = (seen: World, host: string, path: string, text: string): World => ({
  ...seen,
  [host]: {
    ...(seen[host] as Facts),
    paths: { ...seen[host]?.paths, [path]: { type: 'file', mode: '0644', owner: 'root:root', sha256: '', text } },
  },
})

test('every control plane holds the lock and the keys of all hosts, by the names they are reached by; workers hold neither', () => {
  for (const host of ['10.0.0.11', '10.0.0.12', '10.0.0.13']) {
    expect(textAt(installed, host, LOCK_COPY)).toBe(LOCK)
    expect(
      textAt(installed, host, KNOWN_HOSTS_COPY)
        ?.split('\n')
        .map((line) => line.split(' ').slice(0, 2).join(' ')),
    ).toEqual([
      '10.0.0.11 ssh-ed25519',
      '10.0.0.12 ssh-ed25519',
      '10.0.0.13 ssh-ed25519',
      '10.0.0.21 ssh-ed25519',
      '10.0.0.22 ssh-ed25519',
      '',
    ])
  }
  expect(textAt(installed, '10.0.0.21', LOCK_COPY)).toBeUndefined()
})

test('a host that does not answer keeps the keys it is known by; one that is out of the file loses them', () => {
  const { '10.0.0.22': _, ...without } = installed
  expect(plan(locked, hosts, without).changes.filter(({ want }) => want.kind === 'file')).toEqual([])
  const fewer = changesFor(
    locked,
    hosts.slice(0, 4),
    Object.fromEntries(Object.entries(without).map(([key, facts]) => [key, { ...facts, nodes: [] }])),
  )
  const copy = fewer.find(({ id }) => id === `file ${KNOWN_HOSTS_COPY}`)
  expect(copy?.difference.diff).toMatch(/^-10\.0\.0\.22 /m)
})

test('a changed lock is written to all of them, and nothing restarts', () => {
  const changes = changesFor({ ...cluster, lockText: `${LOCK}images: {}\n` }, hosts, installed)
  expect(changes.map(({ host, id }) => `${host} ${id}`)).toEqual(['11', '12', '13'].map((last) => `10.0.0.${last} file ${LOCK_COPY}`))
})

test('a machine without a lock asks for nothing; it takes the one copy, and of two it takes none', () => {
  expect(plan(cluster, hosts, installed)).toEqual({ changes: [], problems: [] })
  expect(lockCopies(installed)).toEqual([LOCK])
  const split = withCopy(installed, '10.0.0.12', LOCK_COPY, 'version: 1\n')
  expect(lockCopies(split)).toHaveLength(2)
  expect(plan(cluster, hosts, split).problems.map(({ at, exit, what }) => `${exit} ${at}: ${what.en}`)).toEqual([
    `3 cluster.lock.yml: there is none here, and the control planes hold 2 different copies of it (${LOCK_COPY})`,
  ])
  expect(plan(locked, hosts, split).problems).toEqual([])
})
