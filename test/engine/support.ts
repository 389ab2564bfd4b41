import type { Host } from '../../src/config/hosts.ts'
import { membersOf } from '../../src/cluster/members.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Change } from '../../src/engine/change.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import type { Vault } from '../../src/resources/types.ts'
import type { World } from '../../src/cluster/world.ts'
import { SECRET_PATHS } from '../../src/resources/secrets.ts'
import type { CertificateResource, Payload } from '../../src/resources/types.ts'
import type { Cluster } from '../../src/cluster/types.ts'

/** The changes of a plan, which must be without errors. */
export const changesFor = (cluster: Cluster, hosts: readonly Host[], world: World): readonly Change[] => {
  const { changes, problems } = plan(cluster, hosts, world)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ at, what }) => `${at}: ${what.en}`).join('\n'))
  return changes
}

/** Runs until nothing is left to do, as often as a person would run `up`; at most three times. */
export const converge = (cluster: Cluster, hosts: readonly Host[], world: World): { world: World; runs: number } => {
  let seen = world
  for (let runs = 0; runs < 4; runs++) {
    const changes = changesFor(cluster, hosts, seen)
    if (changes.length === 0) return { world: seen, runs }
    seen = simulate(seen, changes)
  }
  const left = changesFor(cluster, hosts, seen).map(({ host, id, difference }) => `${host} ${id}: ${difference.reason.en}`)
  throw new Error(`it never ends:\n${left.join('\n')}`)
}

/** A plan's changes in the order they are carried out: stage by stage, host by host. */
export const inOrder = (changes: readonly Change[]): readonly Change[] =>
  stagesOf(changes).flatMap(({ batches }) => batches.flatMap(({ changes: own }) => own))

/** What every id stands for, to be compared and printed. */
export const namesOf = (changes: readonly Change[]): string[] =>
  changes.map(({ host, id, difference }) => `${host} ${id} ${difference.verb}`)

const symbol = (path: string): Payload => ({ [path]: `(the content of ${path} is drawn while applying)\n` })

/** A vault that gives a symbol for every key and certificate, so that scripts can be compared. */
export const symbolicVault: Vault = {
  secret: async (name) => Object.assign({}, ...SECRET_PATHS[name].map(symbol)) as Payload,
  issue: async (want: CertificateResource) =>
    want.form === 'pair' ? { ...symbol(`${want.path}.crt`), ...symbol(`${want.path}.key`) } : symbol(want.path),
}

/** The world after an install that went well, as a probe would see it: every API server ready, every node Ready, every member started. */
export const rotation = (cluster: Cluster, hosts: readonly Host[], world: World): World => {
  const { world: installed } = converge(cluster, hosts, world)
  const members = membersOf(hosts, installed)
  const nodes = Object.values(installed)
    .flatMap((facts) => facts.nodes)
    .map((node) => ({
      ...node,
      ready: true,
      kubelet: cluster.release.kubernetes,
      address: members.find(({ nodeName }) => nodeName === node.name)?.ip ?? '',
    }))
  const etcd = members
    .filter(({ roles }) => roles.etcd)
    .map(({ nodeName, ip }) => ({ id: nodeName, started: true, name: nodeName, peer: `https://${ip}:2380`, learner: false }))
  return Object.fromEntries(
    Object.entries(installed).map(([key, facts]) => {
      const roles = members.find((member) => member.key === key)?.roles
      const plane = roles?.controlPlane ?? false
      return [
        key,
        {
          ...facts,
          api: plane ? 'ready' : 'absent',
          nodes: plane ? nodes : [],
          nodeList: plane ? 'read' : 'unasked',
          etcdData: roles?.etcd ?? false,
          etcdMembers: roles?.etcd ? etcd : [],
        },
      ] as const
    }),
  )
}
