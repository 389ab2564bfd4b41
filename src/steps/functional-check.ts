import { networkOf } from '../addons/networks.ts'
import { CHECKED } from '../cluster/checked.ts'
import type { Context, Member } from '../cluster/types.ts'
import { sha256 } from '../digest.ts'
import { imageName } from '../releases/pinned.ts'
import type { FunctionalCheckResource } from '../resources/types.ts'
import { heredoc } from '../shell/heredoc.ts'
import { quote } from '../shell/quote.ts'
import { manifest } from '../templates/manifest.ts'
import { yaml } from '../templates/yaml.ts'
import type { Step } from './types.ts'

const NAMESPACE = 'slipway-check'
/** kubectl in that namespace, in sh. */
const K = `k 20 -n ${NAMESPACE}`

const isNode = ({ roles }: Member): boolean => roles.controlPlane || roles.worker

/** What the result depends on for one node. */
const shape = ({ config, release, member }: Context): string =>
  yaml({ kubernetes: release.kubernetes, network: config.network, domain: config.cluster_domain, node: member.nodeName })

/** A pod network that the user brings may come long after the nodes: there is nothing to check yet. */
const isWanted = ({ config }: Context): boolean => networkOf(config).addon !== undefined

/** Whether the check has not passed yet for this node. */
export const isDue = (context: Context): boolean =>
  isWanted(context) && isNode(context.member) && context.facts.paths[CHECKED]?.sha256 !== sha256(shape(context))

const pod = (name: string, node: string, image: string, args: readonly string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE, labels: { app: name } },
  spec: {
    // Named, not scheduled: each is for one host, whatever its taints.
    nodeName: node,
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 0,
    containers: [{ name, image, args, imagePullPolicy: 'IfNotPresent' }],
  },
})

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: NAMESPACE },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
})

/** A pod on a node that is checked, and the server on another node that it speaks to (on its own where there is no other). */
type Client = Readonly<{ name: string; node: string; server: string }>
type Server = Readonly<{ name: string; node: string }>

/**
 * Workers first: the pod network between two of them is what most clusters live on. A host that does not answer runs no pod. A node that is not
 * checked now serves those that are; where all are, the first serves the others and the second the first.
 */
const roles = (
  { members, world }: Context,
  hosts: readonly string[],
): Readonly<{ clients: readonly Client[]; servers: readonly Server[] }> => {
  const live = members
    .filter((member) => isNode(member) && world[member.key] !== undefined)
    .toSorted((a, b) => Number(a.roles.controlPlane) - Number(b.roles.controlPlane))
  const due = live.filter(({ key }) => hosts.includes(key))
  const known = [...live.filter((member) => !due.includes(member)), ...due].map(({ nodeName }) => nodeName)
  const nodes = [...new Set(due.map(({ nodeName }) => known.find((name) => name !== nodeName) ?? nodeName))]
  const servers = nodes.map((node, at) => ({ name: `server-${at}`, node }))
  const serverOf = (node: string): string => (servers.find((one) => one.node !== node) ?? servers[0])?.name ?? ''
  return { servers, clients: due.map(({ nodeName }, at) => ({ name: `client-${at}`, node: nodeName, server: serverOf(nodeName) })) }
}

const objects = (image: string, { clients, servers }: ReturnType<typeof roles>) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  ...servers.flatMap(({ name, node }) => [pod(name, node, image, ['netexec', '--http-port=8080']), service(name)]),
  ...clients.map(({ name, node }) => pod(name, node, image, ['pause'])),
]

/**
 * Seconds. After an outage of the API (a restore) CoreDNS and kube-proxy see new Services late: their reflectors ask again after up to 30 s,
 * jittered up to twice as long (k8s.io/client-go, tools/cache/reflector.go).
 */
const PATIENCE = { running: 180, dns_and_api: 150, service_on_another_node: 150, logs: 60, nodes_ready: 120 } as const

/** `each CHECK`: asks on behalf of every client, and not again where it went well; says on which node it did not. */
const EACH = `each() {
	for client in $CLIENTS; do
		name=\${client%%/*} server=\${client##*/} node=\${client#*/}
		node=\${node%/*}
		[ ! -e "$RUN/check/$1-$name" ] || continue
		"$1" || { echo "on node $node"; return 1; }
		: >"$RUN/check/$1-$name"
	done
}
`

const checksOf = (
  context: Context,
  { clients, servers }: ReturnType<typeof roles>,
): readonly (readonly [keyof typeof PATIENCE, string])[] => {
  const name = (host: string) => `${host}.svc.${context.config.cluster_domain}`
  const nodes = clients.map(({ node }) => quote(`node/${node}`)).join(' ')
  return [
    ['running', `${K} wait --for=condition=Ready pod --all --timeout=5s`],
    [
      'dns_and_api',
      `reach_api() { ${K} exec "$name" -- /agnhost connect --timeout=3s ${name('kubernetes.default')}:443; }; each reach_api`,
    ],
    [
      'service_on_another_node',
      `reach_service() { ${K} exec "$name" -- /agnhost connect --timeout=3s "$server".${name(NAMESPACE)}:80; }; each reach_service`,
    ],
    ['logs', servers.map((server) => `${K} logs ${server.name} | grep -q .`).join(' && ')],
    ['nodes_ready', `${K} wait --for=condition=Ready ${nodes} --timeout=5s`],
  ]
}

const script = (context: Context, parts: ReturnType<typeof roles>): string => {
  const words = parts.clients.map(({ name, node, server }) => `${name}/${node}/${server}`)
  return [
    `removed() { k 20 delete namespace ${NAMESPACE} --ignore-not-found --wait=false; }\n`,
    `gone() { removed && left=$(k 20 get namespace ${NAMESPACE} --ignore-not-found -o name) && [ -z "$left" ]; }\nawait 60 'removal of an earlier check' gone\n`,
    `CLIENTS=${quote(words.join(' '))}\nrm -rf "$RUN/check"\nmkdir "$RUN/check"\n${EACH}`,
    heredoc('cat >"$RUN/check.yaml"', manifest(objects(imageName(context.release.images.agnhost, context), parts))),
    // The namespace's service account appears a moment after the namespace.
    `applied() { ${K} apply -f "$RUN/check.yaml"; }\nawait 60 'objects of the check' applied\nrm -f "$RUN/check.yaml"\n`,
    ...checksOf(context, parts).map(([title, command]) => `${title}() { ${command}; }\nawait ${PATIENCE[title]} ${title} ${title}\n`),
    `await 60 'removal of the check' removed\nrm -rf "$RUN/check"\n`,
  ].join('')
}

/** The check of the nodes on these hosts (by key), from the control plane that speaks for the cluster. */
export const checkOfNodes = (context: Context, hosts: readonly string[]): FunctionalCheckResource => {
  const parts = roles(context, hosts)
  return { kind: 'functional-check', nodes: parts.clients.map(({ node }) => node), script: script(context, parts) }
}

/**
 * Whether the cluster works, not only its parts: on every node that changed a pod finds the API by name and another node's pod by a service; exec
 * and logs answer. A plan names it where a host is to record it (`nodeChecked`).
 */
export const functionalCheck: Step = {
  id: 'functional-check',
  title: { en: 'Functional check', zh: '功能检查' },
  on: 'one-control-plane',
  resources: () => [],
}

/** The record on each node's host, behind the check. */
export const nodeChecked: Step = {
  id: 'node-checked',
  title: { en: 'Record of the check', zh: '检查记录' },
  on: 'node',
  resources: (context) => (isWanted(context) ? [{ kind: 'checked', text: shape(context) }] : []),
}
