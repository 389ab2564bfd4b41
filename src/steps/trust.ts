import { rotationOf, trusted } from '../resources/generations.ts'
import type { Resource } from '../resources/types.ts'
import type { AuthorityName } from '../cluster/secret-names.ts'
import { PKI } from './common.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

/** What a check of published CAs passed for; only clusters whose CAs were ever exchanged have it. */
const PUBLISHED = '/etc/slipway/ca-published'
const MOUNTED = '/etc/slipway/ca-mounted'

/** The CAs that are trusted now. A plan does not know the one that it draws, so the older one stands for both. */
const trustedNow = ({ world }: Context, names: readonly AuthorityName[]): string =>
  names
    .map((name) => {
      const [older, newer] = [rotationOf(world, name)].flatMap((rotation) => (rotation ? trusted(rotation) : []))
      return `${name} ${older?.id ?? ''}${newer ? ' and the next' : ''}\n`
    })
    .join('')

const exchanging = ({ world }: Context, names: readonly AuthorityName[]): boolean =>
  names.some((name) => (rotationOf(world, name)?.stage ?? 'settled') !== 'settled')

/** A check that is asked for while CAs are exchanged, and afterwards wherever it was asked before. */
const check = (context: Context, path: string, names: readonly AuthorityName[], script: string): Resource[] =>
  exchanging(context, names) || context.facts.paths[path] ? [{ kind: 'verification', path, text: trustedNow(context, names), script }] : []

/** Go's %q of a PEM file, which is a JSON string too. */
const QUOTED = `quoted() { printf '"'; awk '{printf "%s\\\\n", $0}' "$1"; printf '"'; }`

/**
 * The cluster's own copies of the CAs. The controller manager writes the ConfigMap of every namespace anew. The API servers only ever add to
 * the one that extension servers read (clusterauthenticationtrust, combinedClusterAuthenticationInfo), so what is to go is taken out here.
 */
const publishedScript = [
  QUOTED,
  'same_everywhere() {',
  `\tk 20 get namespaces -o 'jsonpath={range .items[?(@.status.phase=="Active")]}{.metadata.name}{"\\n"}{end}' | sort >"$RUN/namespaces" || return 1`,
  `\tk 20 get configmaps -A --field-selector metadata.name=kube-root-ca.crt -o 'go-template={{range .items}}{{.metadata.namespace}} {{printf "%q" (index .data "ca.crt")}}{{"\\n"}}{{end}}' >"$RUN/published" || return 1`,
  `\tgrep -F " $(quoted ${PKI}/ca.crt)" "$RUN/published" | cut -d ' ' -f 1 | sort | comm -23 "$RUN/namespaces" - >"$RUN/behind"`,
  '\tcat "$RUN/behind"',
  '\t[ ! -s "$RUN/behind" ]',
  '}',
  "await 180 'kube-root-ca.crt in every namespace' same_everywhere",
  'rm -f "$RUN/namespaces" "$RUN/published" "$RUN/behind"',
  'extension_servers() {',
  `\tseen=$(k 20 -n kube-system get configmap extension-apiserver-authentication -o 'go-template={{printf "%q%q" (index .data "client-ca-file") (index .data "requestheader-client-ca-file")}}') || return 1`,
  `\t[ "$seen" != "$(quoted ${PKI}/ca.crt)$(quoted ${PKI}/front-proxy-ca.crt)" ] || return 0`,
  `\tk 20 -n kube-system patch configmap extension-apiserver-authentication --type=merge -p "{\\"data\\":{\\"client-ca-file\\":$(quoted ${PKI}/ca.crt),\\"requestheader-client-ca-file\\":$(quoted ${PKI}/front-proxy-ca.crt)}}"`,
  '\treturn 1',
  '}',
  "await 60 'extension-apiserver-authentication in kube-system' extension_servers",
  '',
].join('\n')

const mountedScript = [
  'mounted() {',
  '\tfor file in /var/lib/kubelet/pods/*/volumes/kubernetes.io~projected/kube-api-access-*/ca.crt; do',
  `\t\tif [ -e "$file" ] && ! cmp -s "$file" ${PKI}/ca.crt; then`,
  `\t\t\tprintf '%s\\n' "$file"`,
  '\t\t\treturn 1',
  '\t\tfi',
  '\tdone',
  '}',
  // kubelet writes mounted ConfigMaps anew when it looks at a pod, about once a minute (syncFrequency).
  "await 300 'ca.crt in the pods of this host' mounted",
  '',
].join('\n')

/** While CAs are exchanged: the cluster hands out the CAs that are trusted now, and no others. */
export const publishedTrust: Step = {
  id: 'published-cas',
  title: { en: 'CAs that the cluster hands out', zh: '集群分发的 CA' },
  on: 'one-control-plane',
  resources: (context) => check(context, PUBLISHED, ['ca', 'front-proxy-ca'], publishedScript),
}

/** And they have arrived in the pods. */
export const mountedTrust: Step = {
  id: 'mounted-cas',
  title: { en: 'CAs in the pods', zh: 'Pod 中的 CA' },
  on: 'node',
  resources: (context) => check(context, MOUNTED, ['ca'], mountedScript),
}

/**
 * What the pods of an add-on are marked with while two CAs are trusted: programs read the CA when they start (client-go before 0.36 never reads
 * it again), so they start anew when the second one comes and when the first one has gone.
 */
export const trustMark = ({ world }: Context): Readonly<Record<string, string>> => {
  const rotation = rotationOf(world, 'ca')
  return rotation?.other ? { 'slipway/trusted-cas': `two-since-${trusted(rotation)[0]?.id.slice(0, 16)}` } : {}
}
