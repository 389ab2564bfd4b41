// Three bare hosts, one command, a cluster: looked at from its own side, from the mirrors' and from the wall's.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import {
  ADDRESS,
  type Change,
  dropped,
  ETCDCTL,
  type Ended,
  eventOf,
  fresh,
  HOSTS,
  kubectl,
  markSsh,
  now,
  on,
  onAll,
  Operator,
  planned,
  queries,
  requests,
  until,
  type Visits,
  visitsSince,
} from './lab.ts'
import { readableSecrets, secretsOf } from './secrets.ts'
import { portrait } from './snapshot.ts'

let operator: Operator
let story: Change[]
let since: string
let wallBefore: string[]
let run: Ended
let visits: Record<string, Visits>

beforeAll(async () => {
  operator = new Operator()
  await fresh(...HOSTS)
  since = now()
  wallBefore = await dropped()
  story = await planned(operator)
  const mark = await markSsh()
  run = await operator.up('-o', 'json')
  visits = await visitsSince(mark)
})

test("up ends 0, and did what plan had said, in each host's order", () => {
  expect(run.exit, run.stderr).toBe(0)
  const done = run.stdout
    .trim()
    .split('\n')
    .map(eventOf)
    .filter(({ type }) => type === 'change-done')
  for (const host of HOSTS.map((name) => ADDRESS[name])) {
    const told = story.filter((change) => change.host === host).map(({ id, verb }) => `${verb} ${id}`)
    expect(told.length).toBeGreaterThan(10)
    expect(done.filter((event) => event.host === host).map(({ change }) => `${change?.verb} ${change?.want.id}`)).toEqual(told)
  }
})

test('one connection and at most eight executions on each host, nine where the clock is asked', () => {
  for (const host of HOSTS) {
    expect(visits[host]?.connections, host).toBe(1)
    // A control plane is asked for its clock right before a credential is dated that lives for an hour.
    expect(visits[host]?.executions, host).toBeLessThanOrEqual(host === 'cp1' ? 9 : 8)
  }
  console.log(visits)
})

test('three nodes are Ready', async () => {
  const nodes = await kubectl(
    `get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'`,
  )
  expect(nodes.split('\n')).toEqual(['cp1 v1.36.3 True', 'w1 v1.36.3 True', 'w2 v1.36.3 True'])
})

test('every unit runs and comes back with the host; none restarted by itself', async () => {
  const all = ['containerd', 'kubelet', 'kube-proxy']
  const expected = {
    cp1: [...all, 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
    w1: [...all, 'kube-apiserver-balancer'],
    w2: [...all, 'kube-apiserver-balancer'],
  }
  for (const host of HOSTS) {
    for (const unit of expected[host]) {
      expect(await on(host, `systemctl show ${unit} -p ActiveState,UnitFileState,NRestarts --value | xargs`), `${host} ${unit}`).toBe(
        '0 active enabled',
      )
    }
  }
})

test('flannel and CoreDNS run', async () => {
  const pods = (
    await kubectl(
      `get pods -A -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.phase} {.status.containerStatuses[*].ready} {.spec.nodeName}{"\\n"}{end}'`,
    )
  ).split('\n')
  const flannel = pods.filter((line) => /flannel/.test(line))
  expect(flannel.map((line) => line.split(' ').at(-1)).sort()).toEqual([...HOSTS])
  const dns = pods.filter((line) => /coredns/.test(line))
  expect(dns.length).toBeGreaterThan(0)
  for (const line of [...flannel, ...dns]) expect(line).toContain(' Running true ')
})

const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.59'
const pod = (name: string, node: string, image: string, args: string): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: e2e, labels: {app: ${name}}}, spec: {nodeName: ${node}, terminationGracePeriodSeconds: 0, containers: [{name: main, image: "${image}", args: [${args}]}]}}`
const OBJECTS = [
  '{apiVersion: v1, kind: Namespace, metadata: {name: e2e}}',
  pod('server', 'w1', AGNHOST, 'netexec, --http-port=8080'),
  pod('client', 'w2', AGNHOST, 'pause'),
  // A name of Docker Hub as people write it.
  pod('web', 'cp1', 'nginx', 'netexec, --http-port=80'),
  '{apiVersion: v1, kind: Service, metadata: {name: server, namespace: e2e}, spec: {selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}}',
].join('\n---\n')

test('a pod finds the API and a pod of another node by name, through services; exec and logs answer; images come under their upstream names', async () => {
  await on('cp1', `cat >/tmp/e2e.yaml <<'END'\n${OBJECTS}\nEND`)
  // The namespace's own service account appears a moment after it.
  await until('objects of the test', 120, async () =>
    (await on('cp1', 'kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f /tmp/e2e.yaml 2>&1 || true'))
      .split('\n')
      .every((line) => /(created|unchanged|configured)$/.test(line)),
  )
  await kubectl('-n e2e wait --for=condition=Ready pod/server pod/client pod/web --timeout=180s', 200)
  const connect = (where: string): Promise<string> => kubectl(`-n e2e exec client -- /agnhost connect --timeout=5s ${where}`)
  expect(await connect('kubernetes.default:443')).toBe('')
  expect(await connect('kubernetes.default.svc.cluster.local:443')).toBe('')
  // A pod without a probe is Ready before it listens, and the nodes hear of a Service's pods a moment later.
  const answers = (where: string): Promise<void> =>
    until(`an answer from ${where}`, 60, () =>
      connect(where).then(
        (said) => said === '' || said,
        (error: Error) => error.message,
      ),
    )
  await answers('server:80')
  await answers(`${await kubectl(`-n e2e get pod web -o jsonpath='{.status.podIP}'`)}:80`)
  await expect(connect('nobody.e2e.svc.cluster.local:80')).rejects.toThrow('DNS')
  expect(await kubectl('-n e2e logs server')).toContain('8080')
})

test('a Secret is encrypted where it lies, and the audit log tells who wrote it but not what', async () => {
  await kubectl('-n e2e create secret generic canary --from-literal=word=yellow-bird-in-a-mine')
  const raw = await on(
    'cp1',
    `${ETCDCTL} get /registry/secrets/e2e/canary --print-value-only | head -c 200 | tr -cd "[:print:]"; echo; grep -c yellow-bird /var/log/kubernetes/audit.log || true; grep -c '"resource":"secrets".*"name":"canary"' /var/log/kubernetes/audit.log || true`,
  )
  expect(raw).toMatch(/^k8s:enc:secretbox:v1:key1:/)
  expect(raw).not.toContain('yellow')
  const [leaked, told] = raw.split('\n').slice(-2).map(Number)
  expect(leaked).toBe(0)
  expect(told).toBeGreaterThan(0)
  // The next file compares what lies on the hosts, and their kubelets write when a pod goes.
  await kubectl('delete namespace e2e --wait=false')
  await until('the namespace is gone', 180, async () => (await kubectl('get namespace e2e --ignore-not-found -o name')) === '')
})

test('every byte came through the mirrors', async () => {
  const asked = await requests(since)
  const hosts = new Set([
    'mirrors.aliyun.com',
    'files.m.daocloud.io',
    'm.daocloud.io',
    'k8s.m.daocloud.io',
    'docker.m.daocloud.io',
    'security.debian.org',
  ])
  expect(asked.filter(({ host }) => !hosts.has(host) && !host.endsWith('.m.daocloud.io'))).toEqual([])
  for (const host of HOSTS) {
    const own = asked.filter(({ client, status }) => client === ADDRESS[host] && status < 400)
    // What lies on the host is what the mirror delivered, byte for byte in number.
    const binaries = (await on(host, "stat -c '%n %s' /opt/slipway/kubernetes/*/*")).split('\n').map((line) => line.split(' '))
    expect(binaries.length).toBeGreaterThanOrEqual(2)
    for (const [path = '', size] of binaries) {
      const name = path.split('/').at(-1)
      expect(
        own.filter((one) => one.path.endsWith(`/${name}`)).reduce((sum, { bytes }) => sum + bytes, 0),
        path,
      ).toBe(Number(size))
    }
    expect(own.some((one) => one.host === 'mirrors.aliyun.com' && one.path.endsWith('.deb'))).toBe(true)
    expect(
      own.some(({ path }) => /\/v2\/.*pause\/blobs\//.test(path)),
      'the pause image',
    ).toBe(true)
  }
})

test('nothing was asked of anybody else', async () => {
  // CoreDNS asks for two random numbers once, to find out whether it is its own upstream; and for the root, when an answer was late, to find out
  // whether its upstream is alive.
  const names = (await queries(since)).filter(({ name }) => !/^(\d+\.\d+)?\.$/.test(name))
  expect(names.length).toBeGreaterThan(0)
  expect(names.filter(({ known }) => !known)).toEqual([])
  expect(
    names.filter(
      ({ name }) =>
        /(^|\.)(gcr\.io|k8s\.io|github\.com|githubusercontent\.com|google\w*\.\w+|docker\.(io|com)|quay\.io|ghcr\.io|pkg\.dev)\.$/.test(
          name,
        ) && !name.endsWith('.daocloud.io.'),
    ),
  ).toEqual([])
  expect(await dropped()).toEqual(wallBefore)
})

test('no secret in what the run printed or wrote down, and none that everybody can read on a host', async () => {
  const secrets = await secretsOf(HOSTS)
  expect(secrets.length).toBeGreaterThan(20)
  const said = `${run.stdout}\n${run.stderr}\n${await operator.logs()}`
  expect(secrets.filter((secret) => said.includes(secret))).toEqual([])
  for (const host of HOSTS) expect(await readableSecrets(host, secrets)).toEqual([])
})

test('nobody stands above RBAC any more', async () => {
  for (const lines of Object.values(await onAll(portrait)))
    expect(lines.filter((line) => line.includes('system:masters') || line.includes('super-admin'))).toEqual([])
})

test('what the finished hosts look like, kept for the runs that get killed', async () => {
  writeFileSync(join(inject('dir'), 'portraits.json'), JSON.stringify(await onAll(portrait)))
})
