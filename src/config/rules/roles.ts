import { rolesOf } from '../hosts.ts'
import { say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Rule } from './types.ts'

export const controlPlane: Rule = {
  id: 'control-plane',
  reads: ['nodes.*.role'],
  check: ({ nodes }) =>
    nodes.some(({ role }) => role.includes('control-plane'))
      ? []
      : [
          {
            path: ['nodes'],
            what: say('No node has the role control-plane.', '没有节点具有 control-plane 角色。'),
            fix: say('Give it to one node, or to three for high availability.', '请给一个节点（高可用需三个）加上该角色。'),
          },
        ],
}

export const etcdMembers: Rule = {
  id: 'etcd-members',
  reads: ['nodes.*.role'],
  check: ({ nodes }) => {
    const count = rolesOf(nodes).filter(({ etcd }) => etcd).length
    if (count > 7) {
      return [
        {
          path: ['nodes'],
          what: say(
            `${count} nodes hold etcd: more than 7 only make every write slower.`,
            `有 ${count} 个节点运行 etcd：超过 7 个只会让每次写入变慢。`,
          ),
          fix: say('Give the role etcd to 3 or 5 nodes.', '请只给 3 或 5 个节点 etcd 角色。'),
        },
      ]
    }
    if (count === 0 || count % 2 === 1) return []
    return [
      {
        path: ['nodes'],
        severity: 'warning',
        what: say(
          `${count} nodes hold etcd: an even number survives no more failures than ${count - 1}.`,
          `有 ${count} 个节点运行 etcd：偶数个成员能承受的故障数与 ${count - 1} 个相同。`,
        ),
        fix: say(`Use ${count - 1} or ${count + 1}.`, `请使用 ${count - 1} 个或 ${count + 1} 个。`),
      },
    ]
  },
}

export const repeatedRole: Rule = {
  id: 'repeated-role',
  check: (config) =>
    eachNode(config, ({ role }, path) =>
      role.flatMap((one, i) =>
        role.indexOf(one) === i
          ? []
          : [
              {
                path: [...path, 'role', i],
                severity: 'warning',
                what: say(`${one} is written twice.`, `${one} 写了两次。`),
                fix: say('Keep one of them.', '请只保留一个。'),
              },
            ],
      ),
    ),
}
