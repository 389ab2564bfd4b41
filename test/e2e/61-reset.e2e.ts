// A host that was installed and reset is the host it was, and can be installed again. $SLIPWAY_RESET_HOST names the lab host to use.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type ClusterFile, type Ended, lab, launch, Operator, planned, until } from './lab.ts'

const HOST = process.env.SLIPWAY_RESET_HOST ?? 'cp1'
const ADDRESS: Readonly<Record<string, string>> = { cp1: '10.77.0.11', cp2: '10.77.0.12', cp3: '10.77.0.13' }
/** An address of the lab's network that nobody has. */
const NOBODY = '10.77.0.250'
const CLUSTER = 'resetlab'
const LONG = 1_800_000

const HOST_STATE = readFileSync(join(import.meta.dirname, 'host-state.sh'), 'utf8')

const inside = async (script: string): Promise<string> => {
  const { exit, stdout, stderr } = await launch('docker', ['exec', '-i', `slipway-lab-${HOST}`, 'sh', '-s'], { input: script }).ended
  if (exit !== 0) throw new Error(`${HOST}: exit ${exit}\n${stderr}`)
  return stdout
}

/** The tables as seen from outside: a bare host has no nft to ask. Nothing where this machine has none either. */
const tables = async (): Promise<string[]> => {
  const pid = (await launch('docker', ['inspect', '-f', '{{.State.Pid}}', `slipway-lab-${HOST}`]).ended).stdout.trim()
  const seen = await launch('nsenter', ['-t', pid, '-n', 'nft', '-s', 'list', 'ruleset']).ended.catch(() => undefined)
  return (seen?.stdout ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => `nft ${line}`)
}

const state = async (): Promise<string[]> => [...(await inside(HOST_STATE)).split('\n').filter(Boolean), ...(await tables())]

/** What differs although nothing of ours stays, and why. */
const UNAVOIDABLE: readonly (readonly [RegExp, string])[] = [
  [
    /^(path|text) .* ?\/etc\/(passwd|group|shadow|gshadow)-( |$)/,
    'the copies that useradd and userdel keep of the files before their last change',
  ],
  [/^text .* \/var\/lib\/dpkg\/status-old$/, "dpkg's copy of its state before its last change"],
]

const difference = (before: readonly string[], after: readonly string[]): string[] => {
  const [old, now] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ].filter((line) => !UNAVOIDABLE.some(([pattern]) => pattern.test(line.slice(2))))
}

const reset = (operator: Operator, ...args: string[]): Promise<Ended> => operator.run('reset', ...args)

const oneNode = (config: ClusterFile): void => {
  config.cluster_name = CLUSTER
  config.nodes = [{ address: ADDRESS[HOST], role: ['control-plane', 'worker'], hostname_override: HOST }]
}

let operator: Operator
let bare: string[]
let plan: unknown

beforeAll(async () => {
  await lab('fresh', HOST)
  operator = new Operator()
  operator.write(oneNode)
  bare = await state()
  plan = await planned(operator)
}, LONG)

test(
  'a host that was never touched has nothing to take away',
  async () => {
    const { exit, stderr } = await reset(operator, '--confirm', CLUSTER)
    expect([exit, stderr]).toEqual([0, 'There is nothing of Slipway to take away.\n'])
    expect(difference(bare, await state())).toEqual([])
  },
  LONG,
)

test(
  'nothing goes without the cluster being named; then everything does, and a second time there is nothing',
  async () => {
    expect((await operator.up()).exit).toBe(0)
    const unnamed = await reset(operator, '--yes')
    expect(unnamed.exit).toBe(2)
    expect(unnamed.stderr).toMatch(/etcd with its data \(\d+ MiB\), \d+ pods/)
    expect((await reset(operator, '--confirm', 'lab')).exit).toBe(2)
    expect(await inside('systemctl is-active etcd kubelet kube-apiserver containerd')).toBe('active\nactive\nactive\nactive\n')

    const { exit, stdout, stderr } = await reset(operator, '--confirm', CLUSTER, '-o', 'json')
    expect([exit, stderr]).toEqual([0, ''])
    const { hosts } = JSON.parse(stdout) as { hosts: { state: string; left: { reason: string }[] }[] }
    expect(hosts.map((host) => [host.state, host.left.map((left) => left.reason)])).toEqual([['done', ['journal']]])
    expect(difference(bare, await state())).toEqual([])
    expect(await planned(operator)).toEqual(plan)
    expect(await inside('journalctl -u etcd -o cat | head -n 1')).not.toBe('')

    const again = await reset(operator, '--confirm', CLUSTER)
    expect([again.exit, again.stderr]).toEqual([0, 'There is nothing of Slipway to take away.\n'])
  },
  LONG,
)

test(
  'what others put there stays, and is named; a host that does not answer is named too',
  async () => {
    expect((await operator.up()).exit).toBe(0)
    await inside(`echo mine >/etc/kubernetes/mine.yaml
    echo '10.9.9.9 mine' >>/etc/hosts
    nft add table inet mine; nft add chain inet mine c; nft add rule inet mine c counter
    mkdir -p /var/lib/mine && echo data >/var/lib/mine/data
    mkdir -p /var/lib/kubelet/pods/x/volumes/mine && mount --bind /var/lib/mine /var/lib/kubelet/pods/x/volumes/mine`)
    operator.write((config) => {
      oneNode(config)
      config.nodes.push({ address: NOBODY, role: ['worker'], hostname_override: 'nobody' })
      config.ssh.connect_timeout = 10
    })
    const { exit, stderr } = await reset(operator, '--confirm', CLUSTER)
    expect(exit).toBe(4)
    expect(stderr).toContain(NOBODY)
    expect(stderr).toContain('the directory /etc/kubernetes: mine.yaml: it holds what Slipway did not write')
    expect(await inside('cat /etc/kubernetes/mine.yaml /var/lib/mine/data; grep -c 10.9.9.9 /etc/hosts')).toBe('mine\ndata\n1\n')
    expect((await tables()).join('\n')).toContain('table inet mine')
    operator.write(oneNode)
    await lab('fresh', HOST)
  },
  LONG,
)

test(
  'a host where an install was cut off is reset as well',
  async () => {
    bare = await state()
    for (const word of ['packages', 'unit containerd', 'unit kubelet']) {
      const run = operator.start('up', '--yes', '-o', 'json')
      await run.line(
        (line) => line.includes('change-begin') && line.includes(word === 'packages' ? '"packages"' : `"${word.split(' ')[1]}"`),
      )
      run.kill('SIGKILL')
      await run.ended.catch(() => {})
      const { exit, stderr } = await reset(operator, '--confirm', CLUSTER)
      expect([word, exit], stderr).toEqual([word, 0])
      // A dpkg that was not to be disturbed, and the watchdog of the run that was cut off, which sleeps 10 s between its two blows (prelude.sh).
      await until('nobody else works there', 60, async () => (await inside("pgrep -c 'dpkg|^sleep$' || true")).trim() === '0')
      expect(difference(bare, await state()), word).toEqual([])
    }
  },
  LONG,
)

test(
  'and it can be installed again',
  async () => {
    expect((await operator.up()).exit).toBe(0)
    await operator.nothingToDo()
    expect((await reset(operator, '--confirm', CLUSTER, '--limit', HOST)).exit).toBe(0)
    expect(difference(bare, await state())).toEqual([])
  },
  LONG,
)
