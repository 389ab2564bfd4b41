// Two small clusters at once, each by a user who is not root: one with a sudo password, one without. On the way: a host that calls itself
// chen-PC and is given a better name, Ctrl-C in the middle, and no secret in any argument of any process.
import { beforeAll, expect, test } from 'vitest'
import { eventOf, fresh, type HostName, on, onAll, Operator, type Running, scriptsEnd, tryOn } from './lab.ts'
import { readableSecrets, secretsOf } from './secrets.ts'

const PASSWORD = 'opspw-secret'
const PAIR = ['cp1', 'w2'] as const
const operators: Partial<Record<HostName, Operator>> = {}

const operatorOf = (host: HostName): Operator => operators[host] ?? expect.fail()

beforeAll(async () => {
  await fresh(...PAIR)
  await on('cp1', 'hostname chen-PC; echo chen-PC >/etc/hostname; sed -i s/cp1/chen-PC/ /etc/hosts')
  for (const host of PAIR) {
    const operator = new Operator()
    operator.write((config) => {
      const mine = config.nodes[host === 'cp1' ? 0 : 2]
      config.cluster_name = `alone-${host}`
      config.nodes = [
        {
          ...mine,
          role: ['control-plane', 'worker'],
          ...(host === 'cp1' ? { user: 'opspw', sudo_password: 'env:SUDO', set_hostname: true } : { user: 'ops' }),
        },
      ]
    })
    if (host === 'cp1') operator.env = { SUDO: PASSWORD }
    operators[host] = operator
  }
  await onAll((host) => on(host, WATCH), PAIR)
})

/** Writes down every command line that is ever seen. What it has is whole whenever it is stopped. */
const WATCH = `cat >/run/watch <<'END'
while :; do for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$f"; echo; done 2>/dev/null >>/run/cmdlines; sleep 0.2; sort -u -o /run/cmdlines.new /run/cmdlines && mv /run/cmdlines.new /run/cmdlines; done
END
systemd-run -q --unit e2e-watch sh /run/watch`

const said: string[] = []

test('Ctrl-C: exit 130, and nothing of the run is left on the host', async () => {
  const runs = await onAll(async (host): Promise<Running> => operatorOf(host).start('up', '--yes', '-o', 'json', '-v'), PAIR)
  // One in the middle of a download, one while a unit starts.
  const places: Partial<Record<HostName, string>> = { cp1: 'artifact kubernetes v1.36.3 kubelet', w2: 'unit kube-apiserver' }
  await onAll(async (host) => {
    const run = runs[host]
    await run.line((line) => {
      const { type, change } = eventOf(line)
      return type === 'change-begin' && change?.want.id === places[host]
    })
    run.kill('SIGINT')
    const { exit, stdout, stderr } = await run.ended
    said.push(stdout, stderr)
    expect(exit, stderr).toBe(130)
    expect(stderr).toContain('Interrupted')
    await scriptsEnd(host)
    expect((await tryOn(host, 'ls /run/slipway/secret /usr/sbin/policy-rc.d')).stdout).toBe('')
  }, PAIR)
})

test('the next run finishes: a cluster of one, as ops and as opspw', async () => {
  await onAll(async (host) => {
    const { exit, stdout, stderr } = await operatorOf(host).up('-o', 'json', '-v')
    said.push(stdout, stderr, await operatorOf(host).logs())
    expect(exit, stderr).toBe(0)
    const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s'
    expect(
      await on(
        host,
        `${kubectl} get nodes -o jsonpath='{.items[*].metadata.name} {.items[*].status.conditions[?(@.type=="Ready")].status}'`,
      ),
    ).toBe(`${host} True`)
    const again = await operatorOf(host).up()
    expect(again.exit, again.stderr).toBe(0)
    expect(again.stderr).toContain('No changes')
  }, PAIR)
})

test('chen-PC is called cp1 now, also after a reboot', async () => {
  expect(await on('cp1', 'hostname; cat /etc/hostname; grep -c chen-PC /etc/hosts || true; grep -w cp1 /etc/hosts | head -1')).toMatch(
    /^cp1\ncp1\n0\n127\.0\.1\.1\s+cp1/,
  )
})

test('no secret in an argument of any process, in what was printed, or where everybody can read', async () => {
  const secrets = [...(await secretsOf(PAIR)), PASSWORD]
  expect(secrets.length).toBeGreaterThan(20)
  const printed = said.join('\n')
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([])
  for (const host of PAIR) {
    const seen = await on(host, 'systemctl stop e2e-watch; cat /run/cmdlines')
    expect(seen).toContain('slipway-in')
    expect(seen).toContain('--tls-private-key-file=')
    expect(secrets.filter((secret) => seen.includes(secret))).toEqual([])
    expect((await readableSecrets(host, secrets)).filter((path) => !path.startsWith('/run/cmdlines'))).toEqual([])
  }
})
