import { addons, manifests } from './addons.ts'
import { adminKubeconfig } from './admin-kubeconfig.ts'
import { apiserver } from './apiserver.ts'
import { aptSources } from './apt-sources.ts'
import { balancer } from './balancer.ts'
import { binaries } from './binaries.ts'
import { bootstrapManifest, bootstrapRbac } from './bootstrap-rbac.ts'
import { clusterRecord } from './cluster-record.ts'
import { cniPlugins } from './cni-plugins.ts'
import { containerd } from './containerd.ts'
import { controllerManager } from './controller-manager.ts'
import { encryptedSecrets } from './encrypted-secrets.ts'
import { etcd } from './etcd.ts'
import { etcdBackup } from './etcd-backup.ts'
import { functionalCheck, nodeChecked } from './functional-check.ts'
import { images } from './images.ts'
import { hostnameStep } from './hostname.ts'
import { kubeProxy } from './kube-proxy.ts'
import { kubelet } from './kubelet.ts'
import { nodeLabels } from './node-labels.ts'
import { nodeTuning } from './node-tuning.ts'
import { operatorRecords } from './operator-records.ts'
import { osPackages } from './os-packages.ts'
import { preflight } from './preflight/index.ts'
import { preflightImmutable } from './preflight/immutable.ts'
import { preflightMembership } from './preflight/membership.ts'
import { preflightMoves } from './preflight/moves.ts'
import { preflightNetwork } from './preflight/network.ts'
import { preflightUpgrade } from './preflight/upgrade.ts'
import { preflightLostSecrets } from './preflight/lost-secrets.ts'
import { preflightSecrets } from './preflight/secrets.ts'
import { preflightVersion } from './preflight/version.ts'
import { afterRestore } from './restoring.ts'
import { scheduler } from './scheduler.ts'
import { sharedSecrets } from './shared-secrets.ts'
import { mountedTrust, publishedTrust } from './trust.ts'
import { virtualAddress } from './virtual-address.ts'
import type { Phase } from './types.ts'

/** The order of the work. */
export const PHASES: readonly Phase[] = [
  {
    id: 'secrets',
    title: { en: 'Keys of the cluster', zh: '集群密钥' },
    barrier: true,
    steps: [
      preflight,
      preflightNetwork,
      preflightVersion,
      preflightUpgrade,
      preflightImmutable,
      preflightMoves,
      preflightMembership,
      preflightSecrets,
      preflightLostSecrets,
      sharedSecrets,
    ],
  },
  {
    id: 'prepare',
    title: { en: 'Prepare the hosts', zh: '准备主机' },
    barrier: true,
    steps: [clusterRecord, hostnameStep, aptSources, osPackages, nodeTuning, binaries, operatorRecords],
  },
  { id: 'etcd', title: { en: 'etcd', zh: 'etcd' }, barrier: false, steps: [etcd] },
  { id: 'apiserver', title: { en: 'API servers', zh: 'API 服务器' }, barrier: false, steps: [apiserver] },
  {
    id: 'controllers',
    title: { en: 'Controllers and scheduler', zh: '控制器与调度器' },
    barrier: false,
    steps: [controllerManager, scheduler, adminKubeconfig, bootstrapManifest, bootstrapRbac, virtualAddress, etcdBackup],
  },
  {
    id: 'nodes',
    title: { en: 'Nodes', zh: '节点' },
    barrier: true,
    steps: [containerd, images, cniPlugins, balancer, kubelet, kubeProxy, afterRestore],
  },
  {
    id: 'trust',
    title: { en: 'CAs in the cluster', zh: '集群中的 CA' },
    barrier: true,
    steps: [publishedTrust, mountedTrust, encryptedSecrets],
  },
  { id: 'addons', title: { en: 'Add-ons', zh: '附加组件' }, barrier: true, steps: [manifests, addons, nodeLabels, functionalCheck] },
  { id: 'checked', title: { en: 'Checked nodes', zh: '已检查的节点' }, barrier: true, steps: [nodeChecked] },
]
