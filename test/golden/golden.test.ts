import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { membersOf } from '../../src/cluster/members.ts'
import { plan } from '../../src/engine/plan.ts'
import type { Change } from '../../src/engine/change.ts'
import { composeScript } from '../../src/engine/script.ts'
import { PRELUDE } from '../../src/shell/texts.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import { kindOf } from '../../src/resources/index.ts'
import { scriptProxy } from '../../src/steps/proxy.ts'
import { planText } from '../../src/ui/plan-text.ts'
import { createStyle } from '../../src/ui/style.ts'
import { type Scenario, SCENARIOS, scenarioNamed } from '../engine/scenarios.ts'
import { converge, symbolicVault } from '../engine/support.ts'

// What a cluster.yml becomes on its hosts, to be read as a diff when something changes. Renew with `npx vitest run test/golden -u`.

const scriptOf = async (changes: readonly Change[], { cluster, hosts }: Scenario): Promise<string> => {
  const steps = changes.map(async (change) => ({
    change,
    payload: (await kindOf(change.want).produce?.(change.want, symbolicVault)) ?? {},
  }))
  return composeScript(await Promise.all(steps), scriptProxy(cluster.config, hosts)).replace(PRELUDE, '# (here stand src/engine/*.sh)\n')
}

/** One host of each kind is enough: its fellows get the same under other names. */
const shown = ({ hosts }: Scenario): string[] => {
  const kinds = new Map(hosts.map(({ key, roles }) => [JSON.stringify(roles), key]).toReversed() as [string, string][])
  return [...kinds.values()].sort()
}

const upgraded = (one: Scenario): Scenario => {
  const { release, pins } = scenarioNamed('single-node').cluster
  return {
    ...one,
    name: `${one.name}-to-1.37`,
    cluster: { ...one.cluster, release, pins },
    world: converge(one.cluster, one.hosts, one.world).world,
  }
}

describe.each([...SCENARIOS, upgraded(scenarioNamed('one-plane-cn'))])('$name', (one) => {
  const { name, cluster, hosts, world } = one
  const at = (file: string): string => join(import.meta.dirname, name, file)
  const decided = plan(cluster, hosts, world)
  const names = membersOf(hosts, world).map(({ key, nodeName, user, address, port }) => ({
    key,
    nodeName,
    label: `${user}@${address}:${port}`,
  }))

  test('the plan, as people read it', async () => {
    await expect(planText(decided, names, 'en', createStyle(false), true)).toMatchFileSnapshot(at('plan.txt'))
    await expect(planText(decided, names, 'zh', createStyle(false), false)).toMatchFileSnapshot(at('plan.zh.txt'))
  })

  test.each(shown(one))('every script and every file of %s', async (host) => {
    const scripts: string[] = []
    for (const [index, stage] of stagesOf(decided.changes).entries())
      for (const batch of stage.batches.filter((own) => own.host === host))
        scripts.push(`##### stage ${index + 1} (${stage.phases.join(', ')})\n${await scriptOf(batch.changes, one)}`)
    const node = names.find(({ key }) => key === host)?.nodeName ?? host
    await expect(scripts.join('\n')).toMatchFileSnapshot(at(`${node}.sh`))
  })
})
