import { etcdMembers } from '../cluster/roles.ts'
import type { Step } from './types.ts'

/** Every host says which cluster it is of, before anything of the cluster runs on it. */
export const clusterRecord: Step = {
  id: 'cluster-record',
  title: { en: 'Which cluster the host is of', zh: '主机所属集群' },
  on: 'every',
  resources: (context) => [{ kind: 'cluster-record', name: context.config.cluster_name, etcd: etcdMembers(context).map(({ ip }) => ip) }],
}
