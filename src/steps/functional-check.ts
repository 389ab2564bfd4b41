import { sha256 } from '../digest.ts'
import { imageName } from '../releases/pinned.ts'
import { heredoc } from '../shell/heredoc.ts'
import { manifest } from '../templates/manifest.ts'
import { yaml } from '../templates/yaml.ts'
import type { Step } from './types.ts'
import type { Context, Member } from '../cluster/types.ts'

const PATH = '/etc/slipway/verified'
const NAMESPACE = 'slipway-check'

const isNode = ({ roles }: Member): boolean => roles.controlPlane || roles.worker

/** What the check's result depends on. */
const shape = ({ config, release, members }: Context): string =>
  yaml({
    kubernetes: release.kubernetes,
    network: config.network,
    domain: config.cluster_domain,
    nodes: members
      .filter(isNode)
      .map(({ nodeName }) => nodeName)
      .sort(),
  })

/** Whether the check has passed for this shape, as some control plane remembers. */
export const isChecked = (context: Context): boolean =>
  Object.values(context.world).some(({ paths }) => paths[PATH]?.sha256 === sha256(shape(context)))

const pod = (name: string, node: string, image: string, args: readonly string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE, labels: { app: name } },
  spec: {
    // Named, not scheduled: the two shall be on different hosts, whatever their taints.
    nodeName: node,
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 0,
    containers: [{ name, image, args, imagePullPolicy: 'IfNotPresent' }],
  },
})

const objects = (image: string, server: string, client: string) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  pod('server', server, image, ['netexec', '--http-port=8080']),
  pod('client', client, image, ['pause']),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'server', namespace: NAMESPACE },
    spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
]

/** Workers first: the pod network between two of them is what most clusters live on. A host that does not answer runs no pod. */
export const checkPair = ({ members, world }: Context): readonly [string, string] => {
  const names = members
    .filter((member) => isNode(member) && world[member.key] !== undefined)
    .sort((a, b) => Number(a.roles.controlPlane) - Number(b.roles.controlPlane))
    .map(({ nodeName }) => nodeName)
  return [names[0] ?? '', names[1] ?? names[0] ?? '']
}

/**
 * Seconds. After an outage of the API (a restore) CoreDNS and kube-proxy see new Services late: their reflectors ask again after up to 30 s,
 * jittered up to twice as long (k8s.io/client-go, tools/cache/reflector.go).
 */
const PATIENCE = { running: 180, dns_and_api: 150, service_on_another_node: 150, logs: 60 } as const

const script = (context: Context): string => {
  const [server, client] = checkPair(context)
  const name = (host: string) => `${host}.svc.${context.config.cluster_domain}`
  const checks = [
    ['running', `k 20 -n ${NAMESPACE} wait --for=condition=Ready pod/server pod/client --timeout=5s`],
    ['dns_and_api', `k 20 -n ${NAMESPACE} exec client -- /agnhost connect --timeout=3s ${name('kubernetes.default')}:443`],
    ['service_on_another_node', `k 20 -n ${NAMESPACE} exec client -- /agnhost connect --timeout=3s ${name(`server.${NAMESPACE}`)}:80`],
    ['logs', `k 20 -n ${NAMESPACE} logs server | grep -q .`],
  ] as const
  return [
    `removed() { k 20 delete namespace ${NAMESPACE} --ignore-not-found --wait=false; }\n`,
    `gone() { removed && left=$(k 20 get namespace ${NAMESPACE} --ignore-not-found -o name) && [ -z "$left" ]; }\nawait 60 'removal of an earlier check' gone\n`,
    heredoc('cat >"$RUN/check.yaml"', manifest(objects(imageName(context.release.images.agnhost, context), server, client))),
    // The namespace's service account appears a moment after the namespace.
    `applied() { k 20 -n ${NAMESPACE} apply -f "$RUN/check.yaml"; }\nawait 60 'objects of the check' applied\nrm -f "$RUN/check.yaml"\n`,
    ...checks.map(([title, command]) => `${title}() { ${command}; }\nawait ${PATIENCE[title]} ${title} ${title}\n`),
    "await 60 'removal of the check' removed\n",
  ].join('')
}

/**
 * Whether the cluster works, not only its parts: a pod finds the API by name and another node's pod by a service; exec and logs answer.
 * Any control plane's word for it counts: after one joined, the one that is asked may be another than the one that checked.
 */
export const functionalCheck: Step = {
  id: 'functional-check',
  title: { en: 'Functional check', zh: '功能检查' },
  on: 'one-control-plane',
  resources: (context) =>
    context.config.network.plugin === 'none' || isChecked(context)
      ? []
      : [{ kind: 'verification', path: PATH, text: shape(context), script: script(context) }],
}
