import { describe, expect, test } from 'vitest'
import { planJson } from '../../src/commands/plan.ts'
import { simulate } from '../../src/engine/plan.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { parseFacts } from '../../src/hosts/parse-facts.ts'
import { planText } from '../../src/ui/plan-text.ts'
import { createStyle } from '../../src/ui/style.ts'
import { SCENARIOS } from './scenarios.ts'
import { changesFor, converge } from './support.ts'
import { createVault } from '../../src/engine/vault.ts'
import { composeScript } from '../../src/engine/script.ts'
import { kindOf } from '../../src/resources/index.ts'

const SENTINEL = '-----BEGIN PRIVATE KEY-----\nc2VudGluZWw\n-----END PRIVATE KEY-----\n'

/** A host whose secrets the probe printed although it must not. */
const talkative = (facts: Facts): Facts => ({
  ...facts,
  paths: Object.fromEntries(
    Object.entries(facts.paths).map(([path, fact]) => [
      path,
      /\.key$|encryption\.yaml$|kubelet-client|admin\.conf$/.test(path) ? { ...fact, mode: '0777', text: SENTINEL } : fact,
    ]),
  ),
})

describe.each(SCENARIOS)('$name', ({ cluster, hosts, world }) => {
  const texts = (changes: ReturnType<typeof changesFor>): string[] => [
    JSON.stringify(planJson({ changes, problems: [] })),
    ...(['en', 'zh'] as const).map((language) =>
      planText(
        { changes, problems: [] },
        hosts.map(({ key }) => ({ key, nodeName: key, label: key })),
        language,
        createStyle(false),
        true,
      ),
    ),
  ]

  test('no plan shows a private key, even where a host did', () => {
    const { world: installed } = converge(cluster, hosts, world)
    const loud = Object.fromEntries(Object.entries(installed).map(([key, facts]) => [key, talkative(facts)]))
    const changes = changesFor(cluster, hosts, loud)
    expect(changes.length).toBeGreaterThan(0)
    for (const text of [...texts(changes), ...texts(changesFor(cluster, hosts, world))]) expect(text).not.toMatch(/PRIVATE KEY|c2VudGluZWw/)
  })

  test('no resource holds a secret: they are drawn while applying', () => {
    const after = simulate(world, changesFor(cluster, hosts, world))
    expect(JSON.stringify([changesFor(cluster, hosts, world), after])).not.toMatch(/PRIVATE KEY|client-key-data/)
  })
})

test('a real run puts keys into 0600 files and the memory of a script, nowhere else', async () => {
  const one = SCENARIOS[0]
  if (!one) throw new Error('no scenario')
  const vault = createVault(
    async () => undefined,
    () => 1_790_000_000_000,
  )
  const changes = changesFor(one.cluster, one.hosts, one.world).filter(({ host }) => host === '10.0.0.11')
  const steps = []
  for (const change of changes) steps.push({ change, payload: (await kindOf(change.want).produce?.(change.want, vault)) ?? {} })
  const script = composeScript(steps)
  // Every here-document that holds a key goes to a command that makes a file only root can read, or its service's user.
  const documents = [...script.matchAll(/^(.*)<<'(SLIPWAY_END_*)'\n([\s\S]*?)\n\2$/gm)].map(([, command = '', , body = '']) => ({
    command,
    body,
  }))
  const secret = documents.filter(({ body }) => /PRIVATE KEY|client-key-data|secretbox/.test(body))
  expect(secret.length).toBeGreaterThan(15)
  expect(
    secret
      .map(({ command }) => command.trim())
      .filter((command) => !/^put \S+ 0600 (root:root|etcd:etcd)$|^\(umask 077; cat >\/run\/slipway\/secret\//.test(command)),
  ).toEqual([])
  const outside = documents.reduce((text, { body }) => text.replace(body, ''), script)
  expect(outside).not.toMatch(/PRIVATE KEY-----|client-key-data: /)
})

test('the probe sends no secret', async () => {
  const facts = await parseFacts('file\t600\troot:root\t/etc/kubernetes/pki/ca.key\t00\t\nend\tok\n')
  expect(facts.paths['/etc/kubernetes/pki/ca.key']?.text).toBeUndefined()
})
