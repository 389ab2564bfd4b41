import type { Member } from '../../cluster/types.ts'
import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

const OURS = ['etcd', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kubelet', 'kube-proxy', 'haproxy']

/** The ports each role binds, and who would bind them. */
const portsOf = (member: Member): number[] => [
  ...(member.roles.etcd ? [2379, 2380, 2381] : []),
  ...(member.roles.controlPlane ? [6443, 10257, 10259] : []),
  ...(member.roles.controlPlane || member.roles.worker ? [6443, 10248, 10249, 10250, 10256] : []),
]

/** A port that another program listens on; ours may be running already. */
export const ports: Check = ({ member, facts }) =>
  [...new Set(portsOf(member))].flatMap((port) => {
    const taken = facts.listening.find((one) => one.port === port && !OURS.some((ours) => one.process.startsWith(ours.slice(0, 15))))
    return taken
      ? [
          unfit(
            member,
            { en: `port ${port} is taken by ${taken.process}`, zh: `端口 ${port} 被 ${taken.process} 占用` },
            { en: 'Stop that program or move it to another port.', zh: '请停止该程序或改用其他端口。' },
          ),
        ]
      : []
  })
