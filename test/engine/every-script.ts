import { composeScript } from '../../src/engine/script.ts'
import { resetScript } from '../../src/engine/reset.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import { kindOf } from '../../src/resources/index.ts'
import { type Scenario, scenarioNamed } from './scenarios.ts'
import { changesFor, converge, rotation, symbolicVault } from './support.ts'

/** Every script a run sends, as it is sent, but with symbols for keys. */
export const scriptsOf = async ({ cluster, hosts, world }: Scenario): Promise<readonly { name: string; text: string }[]> => {
  const batches = stagesOf(changesFor(cluster, hosts, world)).flatMap((stage, index) => stage.batches.map((batch) => ({ batch, index })))
  return Promise.all(
    batches.map(async ({ batch, index }) => {
      const steps = await Promise.all(
        batch.changes.map(async (change) => ({ change, payload: (await kindOf(change.want).produce?.(change.want, symbolicVault)) ?? {} })),
      )
      return { name: `${index + 1}-${batch.host}`, text: composeScript(steps) }
    }),
  )
}

const upgraded = (one: Scenario): Scenario => {
  const { release, pins } = scenarioNamed('single-node').cluster
  return {
    ...one,
    name: `${one.name}-upgraded`,
    cluster: { ...one.cluster, release, pins },
    world: rotation(one.cluster, one.hosts, one.world),
  }
}

/** A member of etcd that comes later. */
const grown = (one: Scenario): Scenario => {
  const { world } = converge(one.cluster, one.hosts, one.world)
  const members = one.hosts
    .filter(({ roles }) => roles.etcd)
    .map(({ address }, index) => ({ id: `${index}`, started: true, name: `m${index}`, peer: `https://${address}:2380`, learner: false }))
  const [first, ...others] = one.hosts.filter(({ roles }) => roles.etcd).map(({ key }) => key)
  const founded = Object.fromEntries(
    Object.entries(world).map(([key, facts]) => [
      key,
      others.includes(key) ? { ...facts, etcdData: true, etcdMembers: members.slice(1) } : facts,
    ]),
  )
  return { ...one, name: `${one.name}-grown`, world: { ...founded, [first as string]: one.world[first as string] as never } }
}

export const CASES: readonly Scenario[] = [
  scenarioNamed('one-plane-cn'),
  scenarioNamed('three-planes-none'),
  scenarioNamed('separate-etcd'),
  scenarioNamed('single-node'),
  upgraded(scenarioNamed('one-plane-cn')),
  grown(scenarioNamed('three-planes-none')),
]

/** Those of all cases, and what else is sent. */
export const everyScript = async (): Promise<readonly { name: string; text: string }[]> => {
  const all = await Promise.all(
    CASES.map(async (one) => (await scriptsOf(one)).map(({ name, text }) => ({ name: `${one.name} ${name}`, text }))),
  )
  return [...all.flat(), { name: 'reset', text: resetScript() }]
}
