// A Deployment behind a NodePort, and somebody who keeps asking it: whether a workload lives through what is done to the cluster around it.
import { ADDRESS, type HostName, kubectl, on, pause } from './lab.ts'

const PORT = 30082
const PATIENCE_MS = 10_000
const PAUSE_MS = 200

const OBJECTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: members}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      # Where it runs is not asked: the nodes come and go.
      tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: registry.k8s.io/e2e-test-images/agnhost:2.59
          args: [netexec, --http-port=8080]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: members}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: members}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: ${PORT}}]}}
`

/** Places the workload, unless it is there, and waits until all of it is ready. */
export const placeWeb = async (plane: HostName): Promise<void> => {
  await kubectl('get namespace members || kubectl --kubeconfig /etc/kubernetes/admin.conf create namespace members', 60, plane)
  await on(plane, `kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'END'\n${OBJECTS}\nEND`)
  await kubectl('-n members rollout status deployment/web --timeout=180s', 200, plane)
}

/** Asks the NodePort of a node once, on a new connection; what went wrong, or nothing. */
export const askWeb = async (host: HostName): Promise<string | undefined> => {
  try {
    const answer = await fetch(`http://${ADDRESS[host]}:${PORT}/hostname`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    return answer.status === 200 && (await answer.text()).startsWith('web-') ? undefined : `status ${answer.status}`
  } catch (error) {
    return `${new Date().toISOString()} ${(error as Error).cause ?? (error as Error).message}`
  }
}

/** Asks again and again while something is done; its result, and every failure. */
export const whileAsking = async <T>(host: HostName, work: () => Promise<T>): Promise<{ result: T; asked: number; failures: string[] }> => {
  let going = true
  let asked = 0
  const failures: string[] = []
  const asking = (async () => {
    while (going) {
      const failure = await askWeb(host)
      asked++
      if (failure) failures.push(failure)
      await pause(PAUSE_MS)
    }
  })()
  try {
    return { result: await work(), asked, failures }
  } finally {
    going = false
    await asking
  }
}
