import { sha256 } from '../digest.ts'
import { imageName } from '../releases/pinned.ts'
import { nodeRanges } from './node-ranges.ts'
import type { Addon, PodNetwork } from './types.ts'

const NAMESPACE = 'kube-flannel'
const NAME = 'kube-flannel-ds'
/** The device of VXLAN network 1. The kernel keeps its socket for as long as it is there, whether flannel runs or not. */
const LINK = 'flannel.1'
/** Linux's older default, which flannel keeps; IANA has 4789. */
const VXLAN = 8472
/** The bridge that its CNI plugin makes for the pods of a node. */
const BRIDGE = 'cni0'
const CONFIGURATION = '/etc/cni/net.d/10-flannel.conflist'
const LABELS = { app: 'flannel', tier: 'node' }

// 0.3.1: flannel's plugin knows no version above 0.4.0 (containernetworking/plugins v0.9.1, the last that holds it).
const CNI = JSON.stringify(
  {
    name: 'cbr0',
    cniVersion: '0.3.1',
    plugins: [
      { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  },
  null,
  2,
)

const net = (podCidr: string): string => JSON.stringify({ Network: podCidr, EnableNFTables: false, Backend: { Type: 'vxlan' } }, null, 2)

const settings = (podCidr: string): Record<string, string> => ({ 'cni-conf.json': CNI, 'net-conf.json': net(podCidr) })

const rules = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
]

const daemonSet = (image: string, cniImage: string, config: Record<string, string>) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
  spec: {
    selector: { matchLabels: LABELS },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%' } },
    template: {
      // A pod reads its ConfigMap only when it starts: the digest makes a changed one a new rollout.
      metadata: { labels: LABELS, annotations: { 'slipway/config': sha256(JSON.stringify(config)) } },
      spec: {
        hostNetwork: true,
        priorityClassName: 'system-node-critical',
        serviceAccountName: 'flannel',
        tolerations: [{ operator: 'Exists' }],
        initContainers: [
          {
            name: 'install-cni-plugin',
            image: cniImage,
            command: ['cp', '-f', '/flannel', '/opt/cni/bin/flannel'],
            volumeMounts: [{ name: 'cni-plugin', mountPath: '/opt/cni/bin' }],
          },
          {
            name: 'install-cni',
            image,
            command: ['cp', '-f', '/etc/kube-flannel/cni-conf.json', CONFIGURATION],
            volumeMounts: [
              { name: 'cni', mountPath: '/etc/cni/net.d' },
              { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
            ],
          },
        ],
        containers: [
          {
            name: 'kube-flannel',
            image,
            command: ['/opt/bin/flanneld'],
            // The node's own address, where flannel would take that of the default route's device.
            args: ['--ip-masq', '--kube-subnet-mgr', '--iface=$(HOST_IP)'],
            resources: { requests: { cpu: '100m', memory: '50Mi' } },
            // Not privileged: these two are all it needs, and some hosts cannot give more.
            securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
            env: [
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
              { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
              { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
              // The API through the node itself: services need the pod network first.
              { name: 'KUBERNETES_SERVICE_HOST', value: '127.0.0.1' },
              { name: 'KUBERNETES_SERVICE_PORT', value: '6443' },
            ],
            volumeMounts: [
              { name: 'run', mountPath: '/run/flannel' },
              { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
              { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
            ],
          },
        ],
        volumes: [
          { name: 'run', hostPath: { path: '/run/flannel', type: 'DirectoryOrCreate' } },
          { name: 'cni-plugin', hostPath: { path: '/opt/cni/bin' } },
          { name: 'cni', hostPath: { path: '/etc/cni/net.d' } },
          { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
          { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
        ],
      },
    },
  },
})

const flannel: Addon = {
  name: 'flannel',
  title: { en: 'flannel', zh: 'flannel' },
  licence: { project: 'flannel', licence: 'Apache-2.0', source: 'https://github.com/flannel-io/flannel' },
  wanted: ({ network }) => network.plugin === 'flannel',
  images: ({ images }) => [images.flannel, images.flannelCni],
  leaves: [`link ${BRIDGE}`, `link ${LINK}`, 'path /run/flannel', `path ${CONFIGURATION}`, 'path /opt/cni/bin/flannel', 'chains FLANNEL'],
  objects: ({ config, release, sources, pins }) => [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'flannel', namespace: NAMESPACE } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'flannel' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'flannel' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flannel' },
      subjects: [{ kind: 'ServiceAccount', name: 'flannel', namespace: NAMESPACE }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: NAMESPACE, labels: LABELS },
      data: settings(config.network.pod_cidr),
    },
    daemonSet(
      imageName(release.images.flannel, { sources, pins }),
      imageName(release.images.flannelCni, { sources, pins }),
      settings(config.network.pod_cidr),
    ),
  ],
  // On the nodes whose hosts were seen: `rollout status` would wait for a dead one's pod for ever.
  ready: ({ members, world }) => {
    const nodes = members.filter(({ roles, key }) => (roles.controlPlane || roles.worker) && world[key] !== undefined).length
    const status = '{.metadata.generation} {.status.observedGeneration} {.status.updatedNumberScheduled} {.status.numberReady}'
    const enough = `$1 == $2 && $3 >= ${nodes} && $4 >= ${nodes} {ok = 1} END {exit !ok}`
    return `k 20 -n ${NAMESPACE} get daemonset ${NAME} -o 'jsonpath=${status}' | awk '${enough}'`
  },
}

/** VXLAN between the nodes, each with a share of pod_cidr that the controller manager gives it. */
export const flannelNetwork: PodNetwork = {
  addon: flannel,
  configuration: CONFIGURATION,
  ports: [{ port: VXLAN, protocol: 'udp', link: LINK }],
  // Its plugin makes the bridge; its daemon writes the file when it starts.
  traces: { link: BRIDGE, lease: '/run/flannel/subnet.env' },
  pods: { namespace: NAMESPACE, selector: 'app=flannel' },
  ...nodeRanges,
}
