import type { World } from '../cluster/world.ts'
import { hostName, KNOWN_HOSTS_COPY } from '../hosts/known-name.ts'
import { EXIT } from '../problem.ts'
import type { Resource } from '../resources/types.ts'
import type { Step } from './types.ts'
import type { Context, Member } from '../cluster/types.ts'

/** Where every control plane keeps a copy of cluster.lock.yml. */
export const LOCK_COPY = '/etc/slipway/cluster.lock.yml'

/** The copies of the lock that were seen, each text once. */
export const lockCopies = (world: World): readonly string[] => [
  ...new Set(
    Object.keys(world)
      .sort()
      .flatMap((host) => world[host]?.paths[LOCK_COPY]?.text ?? []),
  ),
]

/** What is already known of a host that does not answer stays known. */
const remembered = (name: string, world: World): string[] =>
  Object.values(world)
    .flatMap(({ paths }) => (paths[KNOWN_HOSTS_COPY]?.text ?? '').split('\n'))
    .filter((line) => line.startsWith(`${name} `))

const linesOf = ({ key, address, port }: Member, world: World): string[] => {
  if (address === 'localhost') return []
  const name = hostName(address, port)
  return world[key]?.hostKeys.map((hostKey) => `${name} ${hostKey}`) ?? remembered(name, world)
}

/** Host keys as their hosts themselves show them to root, over connections whose key was checked. */
const knownHosts = ({ members, world }: Context): string =>
  [...new Set(members.flatMap((member) => linesOf(member, world)))]
    .sort()
    .map((line) => `${line}\n`)
    .join('')

/** What another operator's machine needs besides cluster.yml. */
export const operatorRecords: Step = {
  id: 'operator-records',
  title: { en: 'Copies for other operators', zh: '供其他操作员使用的副本' },
  on: 'control-plane',
  problems: ({ lockText, world, members, member }) => {
    if (lockText !== undefined || lockCopies(world).length < 2 || members.find(({ roles }) => roles.controlPlane)?.key !== member.key)
      return []
    return [
      {
        at: 'cluster.lock.yml',
        what: {
          en: `there is none here, and the control planes hold ${lockCopies(world).length} different copies of it (${LOCK_COPY})`,
          zh: `本机没有该文件，而各控制平面上的副本（${LOCK_COPY}）有 ${lockCopies(world).length} 种不同内容`,
        },
        fix: { en: 'Take the right one from version control.', zh: '请从版本库取回正确的文件。' },
        severity: 'error',
        exit: EXIT.unfit,
      },
    ]
  },
  resources: (context): Resource[] => {
    const hosts = knownHosts(context)
    return [
      ...(hosts === '' ? [] : [{ kind: 'file', path: KNOWN_HOSTS_COPY, text: hosts } as const]),
      ...(context.lockText === undefined ? [] : [{ kind: 'file', path: LOCK_COPY, text: context.lockText } as const]),
    ]
  },
}
