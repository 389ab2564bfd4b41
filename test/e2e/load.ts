// A workload under constant questions, and a client that writes to the API: what a user of the cluster notices of a change. Every failure is
// kept. It ends by itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { get as httpGet, Agent } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { parse } from 'yaml'
import { ADDRESS, type HostName, kubectl, LAB_KEY, LAB_KNOWN_HOSTS, on, pause, until } from './lab.ts'

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.59'
const PORT = 30080
const ASKER_PORT = 30081
const TIMES_A_SECOND = 20
/** A question that is not answered by then has failed. */
const PATIENCE_MS = 10_000
const WRITE_PAUSE_MS = 100

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: load}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: ${IMAGE}
          args: [netexec, --http-port=8080]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
`
// It makes requests when it is asked to (agnhost netexec, /dial). A drain leaves the pods of a DaemonSet alone.
const ASKER = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: asker, namespace: load}
spec:
  selector: {matchLabels: {app: asker}}
  template:
    metadata: {labels: {app: asker}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: asker, image: "${IMAGE}", args: [netexec, --http-port=8080]}]
`
const OBJECTS = [
  '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: load}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}',
  `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: load}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: ${PORT}}]}}`,
  `{apiVersion: v1, kind: Service, metadata: {name: asker, namespace: load}, spec: {type: NodePort, externalTrafficPolicy: Local, selector: {app: asker}, ports: [{port: 80, targetPort: 8080, nodePort: ${ASKER_PORT}}]}}`,
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: writes, namespace: load}}',
  DEPLOYMENT,
  ASKER,
].join('\n---\n')

/** One way to ask, and how it went. Times are milliseconds; `longestGap` is the longest time between two answers. */
export type Way = { asked: number; answered: number; failures: string[]; slowest: number; longestGap: number; gapAt: string }

/** What came of it. `w1`, `w2`: NodePorts of two nodes, `pod`: from a pod, through the Service; `writes`: API writes through the balancer of w1. */
export type LoadReport = Readonly<Record<'w1' | 'w2' | 'pod' | 'writes', Way>>

export type Load = Readonly<{
  /** How it goes so far. */
  report(): LoadReport
  /** Ends the questions, takes the workload away, and tells how it went. */
  stop(): Promise<LoadReport>
}>

/** Every failed question to the workload (the writes are judged by their gap). */
export const lost = ({ w1, w2, pod }: LoadReport): string[] => [w1, w2, pod].flatMap(({ failures }) => failures)

/** One line a way, for people, and below it what failed first. */
export const loadText = (report: LoadReport): string =>
  Object.entries(report)
    .flatMap(([name, { asked, answered, failures, slowest, longestGap, gapAt }]) => [
      `${name}: asked ${asked}, answered ${answered}, failed ${failures.length}, slowest ${Math.round(slowest)} ms, longest gap ${Math.round(longestGap)} ms at ${gapAt}`,
      ...failures.slice(0, 10).map((failure) => `  ${failure}`),
    ])
    .join('\n')

class Counter {
  readonly way: Way = { asked: 0, answered: 0, failures: [], slowest: 0, longestGap: 0, gapAt: '' }
  #last = 0

  async ask(question: () => Promise<void>): Promise<boolean> {
    const began = performance.now()
    this.way.asked++
    try {
      await question()
    } catch (error) {
      this.way.failures.push(`${new Date().toISOString()} after ${Math.round(performance.now() - began)} ms: ${(error as Error).message}`)
      return false
    }
    const ended = performance.now()
    this.way.answered++
    this.way.slowest = Math.max(this.way.slowest, ended - began)
    if (this.#last > 0 && ended - this.#last > this.way.longestGap) {
      this.way.longestGap = ended - this.#last
      this.way.gapAt = new Date().toISOString()
    }
    this.#last = Math.max(this.#last, ended)
    return true
  }
}

/** The body of a 200. `agent: false` is a new connection. */
const get = (url: string, agent: Agent | false): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = httpGet(url, { agent, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('error', reject)
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`status ${response.statusCode}: ${body}`))))
    })
    asked.on('error', reject)
  })

type Credentials = Readonly<{ ca: Buffer; cert: Buffer; key: Buffer }>

const readCredentials = async (host: HostName): Promise<Credentials> => {
  const { clusters, users } = parse(await on(host, 'cat /etc/kubernetes/admin.conf')) as {
    clusters: { cluster: Record<string, string> }[]
    users: { user: Record<string, string> }[]
  }
  const decode = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64')
  const user = users[0]?.user
  return {
    ca: decode(clusters[0]?.cluster['certificate-authority-data']),
    cert: decode(user?.['client-certificate-data']),
    key: decode(user?.['client-key-data']),
  }
}

/** One write on a new connection: 200 and nothing else. */
const write = (port: number, credentials: Credentials, value: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        method: 'PATCH',
        path: '/api/v1/namespaces/load/configmaps/writes',
        headers: { 'content-type': 'application/merge-patch+json' },
        agent: false,
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...credentials,
      },
      (response) => {
        response.on('error', reject)
        response.resume().on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`))))
      },
    )
    asked.on('error', reject)
    asked.end(JSON.stringify({ data: { value: String(value) } }))
  })

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** What answers on 127.0.0.1:6443 of a host, at a port of this machine. */
const tunnel = (host: HostName, port: number): ChildProcess =>
  spawn(
    'ssh',
    [
      ...['-N', '-i', LAB_KEY, '-o', `UserKnownHostsFile=${LAB_KNOWN_HOSTS}`, '-o', 'StrictHostKeyChecking=yes'],
      ...['-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-L', `127.0.0.1:${port}:127.0.0.1:6443`, `root@${ADDRESS[host]}`],
    ],
    { stdio: 'ignore' },
  )

const place = async (plane: HostName): Promise<void> => {
  await kubectl('delete namespace load --ignore-not-found --wait=true', 120, plane)
  await kubectl('create namespace load', 60, plane)
  await on(plane, `kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'END'\n${OBJECTS}\nEND`)
  await kubectl('-n load rollout status deployment/web --timeout=180s', 200, plane)
  await kubectl('-n load rollout status daemonset/asker --timeout=180s', 200, plane)
}

type Settings = Readonly<{
  /** The control plane that places the workload and holds the client's credentials. */
  plane?: HostName
  /** The load ends by itself after so many seconds. */
  seconds?: number
}>

/** Places the workload, waits until every way answers, and begins to ask. */
export const startLoad = async ({ plane = 'cp1', seconds = 1500 }: Settings = {}): Promise<Load> => {
  await place(plane)
  const service = await kubectl("-n load get service web -o jsonpath='{.spec.clusterIP}'", 60, plane)
  const kept = new Agent({ keepAlive: true, maxSockets: 16 })
  const port = await freePort()
  const ssh = tunnel('w1', port)
  let credentials = await readCredentials(plane)
  const ask = {
    w1: async () => void (await get(`http://${ADDRESS.w1}:${PORT}/hostname`, false)),
    w2: async () => void (await get(`http://${ADDRESS.w2}:${PORT}/hostname`, false)),
    pod: async () => {
      const answer = await get(
        `http://${ADDRESS.w1}:${ASKER_PORT}/dial?host=${service}&port=80&protocol=http&request=hostname&tries=1`,
        kept,
      )
      if (!(JSON.parse(answer) as { responses?: string[] }).responses?.length) throw new Error(answer)
    },
  }
  let number = 0
  const put = () => write(port, credentials, ++number)
  for (const [name, question] of Object.entries({ ...ask, writes: put }))
    await until(`an answer to ${name}`, 60, () =>
      question().then(
        () => true,
        (error: Error) => error.message,
      ),
    )

  const counters = { w1: new Counter(), w2: new Counter(), pod: new Counter(), writes: new Counter() }
  const report = (): LoadReport => ({
    w1: counters.w1.way,
    w2: counters.w2.way,
    pod: counters.pod.way,
    writes: counters.writes.way,
  })
  const open = new Set<Promise<boolean>>()
  const follow = (question: Promise<boolean>): void => {
    open.add(question)
    void question.finally(() => open.delete(question))
  }
  let going = true
  const timer = setInterval(() => {
    for (const way of ['w1', 'w2', 'pod'] as const) follow(counters[way].ask(ask[way]))
  }, 1000 / TIMES_A_SECOND)
  const writing = (async () => {
    while (going) {
      const pausing = pause(WRITE_PAUSE_MS)
      // A client reads its kubeconfig again when it is refused.
      if (!(await counters.writes.ask(put))) credentials = await readCredentials(plane).catch(() => credentials)
      await pausing
    }
  })()
  const end = (): void => {
    going = false
    clearInterval(timer)
  }
  const limit = setTimeout(end, seconds * 1000)
  const stop = async (): Promise<LoadReport> => {
    end()
    clearTimeout(limit)
    await Promise.all([writing, ...open])
    kept.destroy()
    ssh.kill()
    await kubectl('delete namespace load --wait=false', 60, plane).catch(() => '')
    return report()
  }
  return { report, stop }
}
