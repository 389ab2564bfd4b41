import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HostName } from '../../src/ui/names.ts'
import { type Scenario, SCENARIOS, scenarioNamed } from '../engine/scenarios.ts'
import { rotation } from '../engine/support.ts'
import { type Base, differenceFrom, type Part, partsFrom } from './difference.ts'
import { namesOf, planOf, planParts, scriptsOf } from './rendered.ts'

// What a cluster.yml becomes on its hosts, to be read as a diff when something changes. Renew with `npx vitest run test/golden -u`.
// Two scenarios are kept whole; of the others only what is different from these (see difference.ts).

const WHOLE = ['single-node', 'one-plane-cn']

const upgraded = (one: Scenario): Scenario => {
  const { release, pins } = scenarioNamed('single-node').cluster
  return {
    name: `${one.name}-to-1.37`,
    hosts: one.hosts,
    cluster: { ...one.cluster, release, pins },
    world: rotation(one.cluster, one.hosts, one.world),
  }
}

/** One host of each kind is enough to be shown whole: its fellows get the same under other names. */
const shown = ({ hosts }: Scenario): string[] => {
  const kinds = new Map(hosts.map(({ key, roles }) => [JSON.stringify(roles), key]).toReversed() as [string, string][])
  return [...kinds.values()].sort()
}

const wholes = WHOLE.map(scenarioNamed)
const others = [...SCENARIOS.filter(({ name }) => !WHOLE.includes(name)), upgraded(scenarioNamed('one-plane-cn'))]

const baseOf = async (one: Scenario, { key, nodeName }: HostName): Promise<Base> => ({
  name: `${one.name}/${nodeName}`,
  parts: (await scriptsOf(one, key)).parts,
})

const isShown = (one: Scenario, { key }: HostName): boolean => shown(one).includes(key)
const scriptBases = await Promise.all(
  wholes.flatMap((one) =>
    namesOf(one)
      .filter((host) => isShown(one, host))
      .map((host) => baseOf(one, host)),
  ),
)
const planBases: readonly Base[] = wholes.map((one) => ({ name: one.name, parts: planParts(planOf(one, 'en')) }))

const fileOf = (one: Scenario, file: string): string => join(import.meta.dirname, one.name, file)

/** Keeps a text as its differences, after the proof that it can be made of them again. */
const expectDifferences = async (bases: readonly Base[], parts: readonly Part[], file: string): Promise<void> => {
  const text = differenceFrom(bases, parts)
  expect(partsFrom(bases, text)).toEqual(parts)
  await expect(text).toMatchFileSnapshot(file)
}

/** The hosts of a scenario before this one: what is done on it may be as on them. */
const earlierHosts = (one: Scenario, host: HostName): Promise<Base[]> => {
  const names = namesOf(one)
  const before = names.slice(
    0,
    names.findIndex(({ key }) => key === host.key),
  )
  return Promise.all(before.map((other) => baseOf(one, other)))
}

const expectHost = async (one: Scenario, host: HostName): Promise<void> => {
  const bases = [...scriptBases, ...(WHOLE.includes(one.name) ? [] : await earlierHosts(one, host))]
  await expectDifferences(bases, (await scriptsOf(one, host.key)).parts, fileOf(one, `${host.nodeName}.diff`))
}

describe.each(wholes)('$name, whole', (one) => {
  test('the plan, as people read it', async () => {
    await expect(planOf(one, 'en')).toMatchFileSnapshot(fileOf(one, 'plan.txt'))
    await expect(planOf(one, 'zh')).toMatchFileSnapshot(fileOf(one, 'plan.zh.txt'))
  })

  test.each(namesOf(one))('every script and every file of $nodeName', async (host) => {
    if (!isShown(one, host)) return expectHost(one, host)
    await expect((await scriptsOf(one, host.key)).whole).toMatchFileSnapshot(fileOf(one, `${host.nodeName}.sh`))
  })
})

describe.each(others)('$name, where it is different', (one) => {
  test('the plan, as people read it', async () => {
    await expectDifferences(planBases, planParts(planOf(one, 'en')), fileOf(one, 'plan.diff'))
  })

  test.each(namesOf(one))('every script and every file of $nodeName', (host) => expectHost(one, host))
})

test('no file here is of a scenario or a host that is no more', () => {
  const scriptFile = (one: Scenario, host: HostName): string =>
    `${host.nodeName}.${WHOLE.includes(one.name) && isShown(one, host) ? 'sh' : 'diff'}`
  const files = [...wholes, ...others].flatMap((one) => {
    const plans = WHOLE.includes(one.name) ? ['plan.txt', 'plan.zh.txt'] : ['plan.diff']
    return [...plans, ...namesOf(one).map((host) => scriptFile(one, host))].map((file) => join(one.name, file))
  })
  const found = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const inFolders = found
    .map(({ parentPath, name }) => relative(import.meta.dirname, join(parentPath, name)))
    .filter((file) => file.includes('/'))
  expect(inFolders.filter((file) => !files.includes(file))).toEqual([])
})
