import { imageName } from '../releases/pinned.ts'
import { dnsServiceIp } from '../cluster/service-ips.ts'
import { networkOf } from './networks.ts'
import type { Addon } from './types.ts'

const NAME = 'coredns'
const NAMESPACE = 'kube-system'
const LABELS = { 'k8s-app': 'kube-dns' }

const corefile = (domain: string): string =>
  [
    '.:53 {',
    '    errors',
    '    health {',
    '       lameduck 5s',
    '    }',
    '    ready',
    `    kubernetes ${domain} in-addr.arpa ip6.arpa {`,
    '       pods insecure',
    '       fallthrough in-addr.arpa ip6.arpa',
    '       ttl 30',
    '    }',
    '    prometheus :9153',
    '    forward . /etc/resolv.conf {',
    '       max_concurrent 1000',
    '    }',
    '    cache 30',
    '    loop',
    '    reload',
    '    loadbalance',
    '}',
    '',
  ].join('\n')

const rules = [
  { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
]

const probe = (path: string, port: number, extra: object) => ({ httpGet: { path, port, scheme: 'HTTP' }, ...extra })

const deployment = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
  spec: {
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: {
        priorityClassName: 'system-cluster-critical',
        serviceAccountName: NAME,
        tolerations: [
          { key: 'CriticalAddonsOnly', operator: 'Exists' },
          { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
        ],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: LABELS } } },
            ],
          },
        },
        containers: [
          {
            name: NAME,
            image,
            args: ['-conf', '/etc/coredns/Corefile'],
            resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
            ports: [
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
              { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
              { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
            ],
            livenessProbe: probe('/health', 8080, { initialDelaySeconds: 60, timeoutSeconds: 5, failureThreshold: 5 }),
            readinessProbe: probe('/ready', 8181, { periodSeconds: 2 }),
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
            volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
          },
        ],
        // The node's resolver, not the cluster's own: it would ask itself.
        dnsPolicy: 'Default',
        volumes: [{ name: 'config', configMap: { name: NAME, items: [{ key: 'Corefile', path: 'Corefile' }] } }],
      },
    },
  },
})

const service = (clusterIp: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'kube-dns',
    namespace: NAMESPACE,
    labels: { ...LABELS, 'kubernetes.io/name': 'CoreDNS' },
    annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
  },
  spec: {
    selector: LABELS,
    clusterIP: clusterIp,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153, protocol: 'TCP' },
    ],
  },
})

/** The cluster's DNS. */
export const coredns: Addon = {
  name: 'coredns',
  title: { en: 'CoreDNS', zh: 'CoreDNS' },
  licence: { project: 'CoreDNS', licence: 'Apache-2.0', source: 'https://github.com/coredns/coredns' },
  wanted: () => true,
  images: ({ images }) => [images.coredns],
  objects: (context) => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: NAMESPACE } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'system:coredns' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, namespace: NAMESPACE },
      data: { Corefile: corefile(context.config.cluster_domain) },
    },
    deployment(imageName(context.release.images.coredns, context)),
    service(dnsServiceIp(context)),
  ],
  // Without a pod network of ours it stays pending until the user's own is there.
  ready: ({ config }) => (networkOf(config).addon ? `k 20 -n ${NAMESPACE} rollout status deployment/${NAME} --timeout=5s` : undefined),
}
