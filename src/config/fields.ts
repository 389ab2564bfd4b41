import type { Text } from '../text.ts'
import { REMOVE } from './flags/refusal.ts'
import { say } from './words.ts'

/** Fields of the components' own config files that Slipway writes and the cluster depends on. */
export const REFUSED_FIELDS: Readonly<Record<'kubelet' | 'kube-proxy', Readonly<Record<string, Text>>>> = {
  kubelet: {
    apiVersion: REMOVE,
    kind: REMOVE,
    tlsCertFile: REMOVE,
    tlsPrivateKeyFile: REMOVE,
    serverTLSBootstrap: say(
      "Take it out: Slipway issues kubelet's serving certificate itself.",
      '请删除：kubelet 的服务证书由 Slipway 签发。',
    ),
    containerRuntimeEndpoint: REMOVE,
    cgroupDriver: REMOVE,
    clusterDNS: say(
      'Set network.service_cidr instead: DNS is its tenth address.',
      '请改为设置 network.service_cidr:DNS 使用其中第 10 个地址。',
    ),
    clusterDomain: say('Set cluster_domain instead.', '请改为设置 cluster_domain。'),
    registerWithTaints: say('Set nodes[].taints instead.', '请改为设置 nodes[].taints。'),
  },
  'kube-proxy': {
    apiVersion: REMOVE,
    kind: REMOVE,
    clientConnection: REMOVE,
    hostnameOverride: say('Set nodes[].hostname_override instead.', '请改为设置 nodes[].hostname_override。'),
    clusterCIDR: say('Set network.pod_cidr instead.', '请改为设置 network.pod_cidr。'),
    mode: say('Set network.proxy_mode instead.', '请改为设置 network.proxy_mode。'),
  },
}

/** What is said of such a field; the fix stands beside its name. */
export const FIELD_IS_OURS = say('Slipway writes this field: the cluster depends on it.', '该字段由 Slipway 写入：集群依赖它。')
