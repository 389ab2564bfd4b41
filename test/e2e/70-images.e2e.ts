// Images: public names behind the wall, a registry of one's own, an archive, a proxy. Whatever is true is read in the mirror's log,
// the registry's or the proxy's.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ADDRESS,
  container,
  engine,
  type HostName,
  installed,
  kubectl,
  LAB_KEY,
  now,
  on,
  onAll,
  Operator,
  planned,
  requests,
  until,
  units,
} from './lab.ts'
import { beside, ConnectProxy, HERE, PASSWORD, PrivateRegistry, USER } from './registry.ts'

let operator: Operator
let registry: PrivateRegistry
let proxy: ConnectProxy
let away: ConnectProxy

const LAB_CA = join(LAB_KEY, '../ca.crt')
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')
const CERTS = '/etc/containerd/certs.d'
/** Where the lab's DNS sends the names that nobody mirrors. */
const HOLE = '203.0.113.1'

beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
  registry = await new PrivateRegistry(join(operator.dir, 'registry'), 5443).start()
  proxy = await new ConnectProxy('127.0.0.1').start()
  away = await new ConnectProxy(HERE).start()
  operator.env = { REGISTRY_PASSWORD: PASSWORD, NODE_EXTRA_CA_CERTS: LAB_CA }
}, 600_000)

afterAll(async () => {
  await kubectl('delete namespace images dashboard --ignore-not-found --wait=false')
  await onAll((host) =>
    on(
      host,
      `[ ! -d ${CERTS}.away ] || { rm -rf ${CERTS}; mv ${CERTS}.away ${CERTS}; }; ip route del unreachable ${HOLE} 2>/dev/null || true`,
    ),
  )
  operator.write(() => {})
  await operator.up()
  for (const one of [registry, proxy, away]) await one[Symbol.asyncDispose]()
}, 300_000)

/** A Deployment of one pod on one host. */
const deployment = (name: string, image: string, host: HostName): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: images}
spec:
  selector: {matchLabels: {app: ${name}}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      nodeName: ${host}
      terminationGracePeriodSeconds: 0
      containers:
        - {name: main, image: "${image}", imagePullPolicy: Always, args: [pause]} # ${name}
`
const NAMES = {
  k8s: 'registry.k8s.io/e2e-test-images/agnhost:2.59',
  gcr: 'gcr.io/slipway-lab/agnhost:2.59',
  quay: 'quay.io/slipway-lab/agnhost:2.59',
  ghcr: 'ghcr.io/slipway-lab/agnhost:2.59',
  hub: 'nginx',
}
const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: images}\n'
const MANIFEST = [NAMESPACE, ...Object.entries(NAMES).map(([name, image]) => deployment(name, image, 'w1'))].join('---\n')

const applied = async (text: string): Promise<void> => {
  await until('the objects', 60, async () => {
    const script = `cat >/root/images.yaml <<'END'\n${text}\nEND\nkubectl --kubeconfig /etc/kubernetes/admin.conf apply -f /root/images.yaml 2>&1 || true`
    const said = await on('cp1', script)
    return /error|forbidden/i.test(said) ? said : true
  })
}
const available = (namespace: string, names: readonly string[]): Promise<string> =>
  kubectl(`-n ${namespace} rollout status ${names.map((name) => `deployment/${name}`).join(' ')} --timeout=150s`, 170)
const imagesOf = (namespace: string): Promise<string> =>
  kubectl(
    `-n ${namespace} get pods -o jsonpath='{range .items[*]}{range .spec.containers[*]}{.image}{"\\n"}{end}{end}' --field-selector=status.phase=Running`,
  )
/** The manifests a host asked for since then, as "mirror's host path". */
const manifests = async (host: HostName, since: string): Promise<string[]> =>
  (await requests(since))
    .filter(({ client, path, status }) => client === ADDRESS[host] && path.includes('/manifests/') && status === 200)
    .map((one) => `${one.host}${one.path.replace(/^\/v2/, '').replace(/\/manifests\/.*/, '')}`)

test('pods of five public names run untouched: containerd asks the mirrors', async () => {
  const since = now()
  await applied(MANIFEST)
  await available('images', Object.keys(NAMES))
  expect(new Set((await imagesOf('images')).split('\n').filter(Boolean))).toEqual(new Set(Object.values(NAMES)))
  const asked = new Set(await manifests('w1', since))
  for (const place of [
    'k8s.m.daocloud.io/e2e-test-images/agnhost',
    'gcr.m.daocloud.io/slipway-lab/agnhost',
    'quay.m.daocloud.io/slipway-lab/agnhost',
    'ghcr.m.daocloud.io/slipway-lab/agnhost',
    'docker.m.daocloud.io/library/nginx',
  ])
    expect(asked).toContain(place)
})

test("after images rewrite the same pods name the mirror, and their manifest's comments are still there", async () => {
  const file = join(operator.dir, 'pods.yaml')
  writeFileSync(file, MANIFEST)
  const { exit, stdout, stderr } = await operator.run('images', 'rewrite', '-f', file)
  expect(exit, stderr).toBe(0)
  expect(stdout.replaceAll(/image: "[^"]*"/g, '')).toBe(MANIFEST.replaceAll(/image: "[^"]*"/g, ''))
  const since = now()
  await applied(stdout)
  await available('images', Object.keys(NAMES))
  await until('only new pods', 60, async () =>
    (await imagesOf('images'))
      .split('\n')
      .filter(Boolean)
      .every((image) => image.startsWith('m.daocloud.io/')),
  )
  const asked = new Set(await manifests('w1', since))
  for (const place of ['registry.k8s.io/e2e-test-images', 'gcr.io/slipway-lab', 'quay.io/slipway-lab', 'ghcr.io/slipway-lab'])
    expect(asked).toContain(`m.daocloud.io/${place}/agnhost`)
  expect(asked).toContain('m.daocloud.io/docker.io/library/nginx')
  await kubectl('delete namespace images --wait=false')
})

test('a dashboard of five images on three Google registries: from ImagePullBackOff to Running with one command', async () => {
  // As if this cluster's containerd had never heard of a mirror. The wall says no at once here: to swallow takes it a minute for each pull.
  await onAll((host) => on(host, `mv ${CERTS} ${CERTS}.away; ip route add unreachable ${HOLE}`))
  await applied(beside('dashboard.yaml'))
  const waiting = (): Promise<string> =>
    kubectl(
      `-n dashboard get pods -o jsonpath='{range .items[*]}{.status.initContainerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.reason}{"\\n"}{end}'`,
    )
  await until('both pods in ImagePullBackOff', 180, async () => {
    const seen = await waiting()
    return seen.split('\n').filter((line) => line.includes('ImagePullBackOff')).length === 2 || seen
  })
  const { exit, stdout, stderr } = await operator.run('images', 'rewrite', '--live', '-n', 'dashboard', '--pull-policy', '--yes')
  expect(exit, stderr).toBe(0)
  expect(stdout.match(/^ {2}\+ m\.daocloud\.io\//gm)).toHaveLength(5)
  expect(stdout.match(/^ {2}\+ IfNotPresent$/gm)).toHaveLength(5)
  await available('dashboard', ['web', 'scraper'])
  expect((await operator.run('images', 'rewrite', '--live', '-n', 'dashboard', '--exit-code')).exit).toBe(0)
  await onAll((host) => on(host, `mv ${CERTS}.away ${CERTS}; ip route del unreachable ${HOLE}`))
  await kubectl('delete namespace dashboard --wait=false')
})

test('images save, through the proxy of this machine: one archive that plain ctr loads', async () => {
  operator.write((config) => Object.assign(config, { proxy: { https: proxy.url, scope: ['operator'] } }))
  const file = join(operator.dir, 'images.tar')
  const { exit, stderr } = await operator.run('images', 'save', file)
  expect(exit, stderr).toBe(0)
  expect(new Set(proxy.asked.map(({ line }) => line))).toEqual(new Set(['CONNECT k8s.m.daocloud.io:443', 'CONNECT ghcr.m.daocloud.io:443']))
  await engine('cp', file, `${container('w2')}:/root/images.tar`)
  await on('w2', 'ctr -n slipway-save images import /root/images.tar >/dev/null 2>&1', 120)
  const names = (await on('w2', 'ctr -n slipway-save images ls -q')).split('\n')
  for (const name of ['registry.k8s.io/pause:3.10.2', 'm.daocloud.io/registry.k8s.io/pause:3.10.2', 'ghcr.io/flannel-io/flannel:v0.28.10'])
    expect(names).toContain(name)
  expect(await on('w2', 'ctr -n slipway-save run --rm registry.k8s.io/pause:3.10.2 saved /pause -v 2>/dev/null')).toContain('pause.c')
  await on(
    'w2',
    'ctr -n slipway-save images ls -q | xargs ctr -n slipway-save images rm >/dev/null; ctr namespaces rm slipway-save >/dev/null 2>&1 || true; rm -f /root/images.tar',
  )
})

test('images sync fills a private registry; a second run sends nothing', async () => {
  operator.write((config) =>
    Object.assign(config, {
      proxy: { https: proxy.url, scope: ['operator'], no_proxy: [HERE] },
      private_registries: [{ url: `${registry.host}/copies`, user: USER, password: 'env:REGISTRY_PASSWORD', ca_file: registry.ca }],
    }),
  )
  const first = await operator.run('images', 'sync', registry.host)
  expect(first.exit, first.stderr).toBe(0)
  expect(first.stderr).toMatch(/copies\/registry\.k8s\.io\/pause:3\.10\.2 .* blobs sent/)
  const second = await operator.run('images', 'sync', registry.host)
  expect(second.exit).toBe(0)
  expect(second.stderr).not.toContain('blobs sent')
  expect(`${first.stderr}${first.stdout}${second.stderr}`).not.toContain(PASSWORD)
})

test('the registry serves pods: its CA and its password are on the hosts, for root alone, and nothing restarted', async () => {
  const before = await onAll(units)
  const changes = await planned(operator)
  expect(new Set(changes.map(({ id }) => id))).toEqual(
    new Set([`file ${CERTS}/${registry.host}/ca.crt`, `file ${CERTS}/${registry.host}/hosts.toml`]),
  )
  const { exit, stdout, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  expect(await onAll(units)).toEqual(before)
  expect(await on('w1', `stat -c '%a %U' ${CERTS}/${registry.host}/hosts.toml`)).toBe('600 root')
  for (const secret of [PASSWORD, BASIC]) expect(`${stdout}${stderr}${await operator.logs()}`).not.toContain(secret)
  await operator.nothingToDo()
  await applied([NAMESPACE, deployment('own', `${registry.host}/copies/registry.k8s.io/e2e-test-images/agnhost:2.59`, 'w1')].join('---\n'))
  await available('images', ['own'])
  expect(await imagesOf('images')).toContain(`${registry.host}/copies/registry.k8s.io/e2e-test-images/agnhost:2.59`)
})

test('another password is a change, and is shown as nothing more than that', async () => {
  operator.env = { ...operator.env, REGISTRY_PASSWORD: 'another-secret' }
  const { exit, stdout, stderr } = await operator.run('plan', '--exit-code', '-v')
  expect(exit).toBe(6)
  expect(stdout).toContain('its credentials changed')
  for (const secret of [PASSWORD, BASIC, 'another-secret', Buffer.from(`${USER}:another-secret`).toString('base64')])
    expect(`${stdout}${stderr}`).not.toContain(secret)
  operator.env = { ...operator.env, REGISTRY_PASSWORD: '' }
  const unknown = await operator.run('plan', '--exit-code')
  expect(unknown.exit).toBe(0)
  expect(unknown.stderr).toContain('warning')
  expect((await operator.up()).exit).toBe(2)
  operator.env = { ...operator.env, REGISTRY_PASSWORD: PASSWORD }
})

test("the proxy of the hosts: what is fetched and what is pulled goes through it, and the cluster's own does not", async () => {
  operator.write((config) => Object.assign(config, { proxy: { http: away.url, https: away.url } }))
  await on(
    'w1',
    'rm /opt/slipway/kubernetes/v1.36.3/kube-proxy; apt-get -q -y purge conntrack >/dev/null; apt-get clean; rm -rf /var/lib/apt/lists/*',
  )
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  expect(await on('w1', `test ! -e ${CERTS}/${registry.host} || ls ${CERTS}/${registry.host}`)).toBe('')
  const from = (host: HostName): string[] => away.asked.filter(({ client }) => client === ADDRESS[host]).map(({ line }) => line)
  expect(from('w1')).toContain('CONNECT files.m.daocloud.io:443')
  expect(from('w1')).toContain('CONNECT mirrors.aliyun.com:443')
  expect(from('w1').some((line) => line.startsWith('GET http://security.debian.org/'))).toBe(true)
  await applied([NAMESPACE, deployment('far', NAMES.quay, 'w1')].join('---\n'))
  await available('images', ['far'])
  expect(from('w1')).toContain('CONNECT quay.m.daocloud.io:443')
  const inside = away.asked.filter(({ line }) => /CONNECT (10\.|127\.)|\.svc|cluster\.local/.test(line))
  expect(inside).toEqual([])
  await operator.nothingToDo()
})
