import { membersOf } from '../../src/cluster/members.ts'
import { sha256 } from '../../src/digest.ts'
import type { Change } from '../../src/engine/change.ts'
import { plan } from '../../src/engine/plan.ts'
import { composeScript } from '../../src/engine/script.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import { kindOf } from '../../src/resources/index.ts'
import { ownPart } from '../shell/script.ts'
import { scriptProxy } from '../../src/steps/proxy.ts'
import { type HostName, thingText } from '../../src/ui/names.ts'
import { planText } from '../../src/ui/plan-text.ts'
import { createStyle } from '../../src/ui/style.ts'
import type { Scenario } from '../engine/scenarios.ts'
import { changesFor, symbolicVault } from '../engine/support.ts'
import type { Part } from './difference.ts'

type Stage = Readonly<{ title: string; changes: readonly Change[] }>

/** The hosts of a scenario, by the names that people read. */
export const namesOf = ({ hosts, world }: Scenario): HostName[] =>
  membersOf(hosts, world).map(({ key, nodeName, user, address, port }) => ({ key, nodeName, label: `${user}@${address}:${port}` }))

const stagesFor = (one: Scenario, host: string): Stage[] =>
  stagesOf(changesFor(one.cluster, one.hosts, one.world)).flatMap((stage, index) =>
    stage.batches
      .filter((batch) => batch.host === host)
      .map(({ changes }) => ({ title: `##### stage ${index + 1}: ${stage.phases.join(', ')}`, changes })),
  )

/** The keys of repositories are long and change whole: their digest says as much. NO_PROXY says what no_proxy says, which counts beside a proxy. */
const shortened = (script: string): string =>
  script
    .replace(/-----BEGIN PGP[\s\S]*?END PGP.*-----/g, (key) => `(a PGP key, ${sha256(key)})`)
    .replace(/^export NO_PROXY=.*\n/m, '')
    .replace(/^export no_proxy=.*\n/m, (line) => (/^export https?_proxy=/m.test(script) ? line : ''))

const scriptOf = async (changes: readonly Change[], { cluster, hosts, world }: Scenario): Promise<string> => {
  const steps = changes.map(async (change) => ({
    change,
    payload: (await kindOf(change.want).produce?.(change.want, symbolicVault)) ?? {},
  }))
  return shortened(
    `# (here stands what it uses of src/shell)\n${ownPart(composeScript(await Promise.all(steps), scriptProxy(cluster.config, hosts, world)))}`,
  )
}

/** A script, change by change. What every script begins and ends with is a part of its own. */
const partsOf = (script: string, changes: readonly Change[]): Part[] => {
  const lines = script.trimEnd().split('\n')
  const [first, last] = [lines.indexOf('begin 0'), lines.indexOf(`finish ${changes.length - 1}`)]
  const parts = changes.map((change, index) => ({
    title: thingText(change, 'en'),
    lines: lines.slice(lines.indexOf(`begin ${index}`) + 1, lines.indexOf(`finish ${index}`)),
  }))
  return [{ title: 'around', lines: lines.toSpliced(first, last - first + 1) }, ...parts]
}

/** The scripts of a host as one text, and cut into its changes. */
type Script = Readonly<{ whole: string; parts: readonly Part[] }>

/** All scripts that one host gets, stage by stage. */
export const scriptsOf = async (one: Scenario, host: string): Promise<Script> => {
  const made = stagesFor(one, host).map(async ({ title, changes }) => {
    const script = await scriptOf(changes, one)
    return { whole: `${title}\n${script}`, parts: [{ title, lines: [] }, ...partsOf(script, changes)] }
  })
  const stages = await Promise.all(made)
  return { whole: stages.map(({ whole }) => whole).join('\n'), parts: stages.flatMap(({ parts }) => parts) }
}

/** A plan, cut at the headings of its hosts and steps. */
export const planParts = (text: string): Part[] =>
  text
    .trimEnd()
    .split(/\n+(?=\S| {2}\S)/)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n')
      return { title: title.trim(), lines }
    })

/** The plan, as people read it. */
export const planOf = (one: Scenario, language: 'en' | 'zh'): string =>
  planText(plan(one.cluster, one.hosts, one.world), namesOf(one), language, createStyle(false))
