import { expect } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import type { CertificateFact, Facts, PathFact } from '../../src/hosts/facts.ts'
import { clusterOf, hostLike } from './scenarios.ts'
import { rotation } from './support.ts'

export type Draft = Readonly<{ name: string; nodes: readonly (readonly [address: string, name: string, role: string])[] }>

export const yamlOf = ({ name, nodes }: Draft): string =>
  `cluster_name: ${name}\nkubernetes_version: v1.36.3\nmirrors: none\nnodes:\n${nodes
    .map(([address, host, role]) => `  - {address: ${address}, user: root, role: [${role}], hostname_override: ${host}}\n`)
    .join('')}`

export const bare = async (draft: Draft): Promise<World> =>
  Object.fromEntries(
    await Promise.all(draft.nodes.map(async ([address, name]) => [address, await hostLike('debian-12-bare', name, address)] as const)),
  )

/** Keys of these clusters by which tests can tell them in a text. */
export const keyed = (world: World, mark: string): World => {
  const own = (key: string): string => (key === '' ? '' : `${mark}${key}`)
  const certificate = (one: CertificateFact): CertificateFact => ({ ...one, key: own(one.key), issuer: own(one.issuer) })
  const path = (fact: PathFact): PathFact => ({
    ...fact,
    ...(fact.certificate ? { certificate: certificate(fact.certificate) } : {}),
    ...(fact.authorities ? { authorities: fact.authorities.map(certificate) } : {}),
    ...(fact.publicPart?.id.startsWith('symbol') ? { publicPart: { ...fact.publicPart, id: own(fact.publicPart.id) } } : {}),
    ...(fact.text === undefined ? {} : { text: fact.text.replace(/^ca symbol/gm, `ca ${mark}symbol`) }),
  })
  return Object.fromEntries(
    Object.entries(world).map(([host, facts]) => [
      host,
      { ...facts, paths: Object.fromEntries(Object.entries(facts.paths).map(([name, fact]) => [name, path(fact)])) },
    ]),
  )
}

export const installed = async (draft: Draft, mark: string): Promise<World> => {
  const { cluster, hosts } = clusterOf(yamlOf(draft))
  return keyed(rotation(cluster, hosts, await bare(draft)), mark)
}

export const A: Draft = {
  name: 'a',
  nodes: [
    ['10.0.0.11', 'a-cp', 'control-plane, etcd'],
    ['10.0.0.21', 'a-w1', 'worker'],
  ],
}
export const B: Draft = {
  name: 'b',
  nodes: [
    ['10.0.1.11', 'b-cp', 'control-plane, etcd'],
    ['10.0.1.21', 'b-w1', 'worker'],
  ],
}
export const worldA = await installed(A, 'aaaaaaaa')
export const worldB = await installed(B, 'bbbbbbbb')
export const facts = (world: World, host: string): Facts => world[host] ?? expect.fail(`no ${host}`)

export const withNode = (draft: Draft, ...node: Draft['nodes'][number]): Draft => ({ ...draft, nodes: [...draft.nodes, node] })
