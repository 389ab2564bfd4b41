import { expect, test } from 'vitest'
import { restoreWords } from '../../../src/commands/etcd/restore.ts'
import type { World } from '../../../src/cluster/world.ts'
import { clusterOf } from '../../engine/scenarios.ts'
import { A, bare, worldA, yamlOf } from '../../engine/two-clusters.ts'
import { sessionOf } from '../support.ts'

const OWN = worldA['10.0.0.11']?.paths['/etc/kubernetes/pki/ca.crt']?.certificate?.key ?? ''
const OTHER = 'bbbbbbbbsymbol ca'
const wordsFor = (world: World, ca: string, yaml = yamlOf(A)) =>
  restoreWords(
    sessionOf({ ...clusterOf(yaml), world }, () => []),
    [ca],
  )

test("the cluster's own backup is confirmed with its name, or where that is the default with its CA", () => {
  expect(wordsFor(worldA, OWN)).toEqual({ words: ['a', 'aaaaaaaa'] })
  expect(wordsFor(worldA, OWN, yamlOf(A).replace('cluster_name: a\n', ''))).toEqual({ words: ['aaaaaaaa'] })
})

test('bare hosts get any backup', async () => expect(wordsFor(await bare(A), OTHER)).toEqual({ words: ['a', 'bbbbbbbb'] }))

test('a backup with another CA than the hosts have: both are named, and only the CA that it brings confirms it', () => {
  const { words, warning } = wordsFor(worldA, OTHER)
  expect(words).toEqual(['bbbbbbbb'])
  expect(warning?.en).toContain('The hosts are of the cluster a (CA aaaaaaaa, nodes a-cp, a-w1), and the backup brings the CA bbbbbbbb')
})
