// The tests' hands and eyes in the lab (vagrant/README.md). Hosts are looked at from outside, by the container engine and their own tools:
// nothing here asks Slipway, and nothing here adds a line to sshd's log.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { parse, stringify } from 'yaml'

const ROOT = new URL('../..', import.meta.url).pathname
const LAB = join(ROOT, 'vagrant')
/** What is tested: the checkout's own command line, or another one by its path. */
const CLI = process.env.SLIPWAY_BIN ?? join(ROOT, 'bin/slipway')

/** The hosts of vagrant/cluster.yml. */
export const HOSTS = ['cp1', 'w1', 'w2'] as const
/** The hosts of vagrant/ha.yml. */
export const HA_HOSTS = ['cp1', 'cp2', 'cp3', 'w1', 'w2'] as const
export type HostName = (typeof HA_HOSTS)[number]
export const ADDRESS: Readonly<Record<HostName, string>> = {
  cp1: '10.77.0.11',
  cp2: '10.77.0.12',
  cp3: '10.77.0.13',
  w1: '10.77.0.21',
  w2: '10.77.0.22',
}
export const LAB_KEY = join(LAB, '.lab/id_ed25519')
export const LAB_KNOWN_HOSTS = join(LAB, '.lab/known_hosts')
export const CONTROL = 'http://10.77.0.2:8079'

/** Runs something for each host at once. */
export const onAll = async <T>(work: (host: HostName) => Promise<T>, hosts: readonly HostName[] = HOSTS): Promise<Record<HostName, T>> =>
  Object.fromEntries(await Promise.all(hosts.map(async (host) => [host, await work(host)] as const))) as Record<HostName, T>

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Polls until it is true; says what was not, and what was seen last. */
export const until = async (what: string, seconds: number, check: () => Promise<boolean | string> | boolean | string): Promise<void> => {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const seen = await check()
    if (seen === true) return
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s${seen ? `; last seen: ${seen}` : ''}`)
    await pause(100)
  }
}

// ---- processes ----

/** How a process ended, and all it said. */
export type Ended = Readonly<{ exit: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>

/** A running process whose standard output can be followed by lines. */
export type Running = Readonly<{
  child: ChildProcess
  ended: Promise<Ended>
  /** The first line of stdout for which this holds; fails when the process ends before. */
  line(holds: (line: string) => boolean): Promise<string>
  kill(signal: NodeJS.Signals): void
}>

/** `input` is all of its standard input; `open`: standard input has no end while it runs. */
type Launch = Readonly<{ cwd?: string; env?: Record<string, string | undefined>; input?: string; open?: boolean; seconds?: number }>

export const launch = (
  command: string,
  args: readonly string[],
  { cwd, env, input, open = false, seconds = 240 }: Launch = {},
): Running => {
  const stdin = open || input !== undefined ? 'pipe' : 'ignore'
  const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: [stdin, 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, seconds * 1000)
  const ended = once(child, 'close').then(([exit, signal]): Ended => {
    clearTimeout(timer)
    if (late) throw new Error(`${command} ${args.join(' ')}: not done after ${seconds} s\n${said.stdout}\n${said.stderr}`)
    return { exit: exit as number | null, signal: signal as NodeJS.Signals | null, ...said }
  })
  ended.catch(() => {})
  child.stdin?.on('error', () => {})
  if (!open) child.stdin?.end(input)
  const line = (holds: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = said.stdout.split('\n').slice(0, -1).find(holds)
        if (found !== undefined) resolve(found)
      }
      look()
      child.stdout?.on('data', look)
      ended.then(
        ({ exit, signal, stderr }) => reject(new Error(`it ended (${exit ?? signal}) before that line\n${stderr}\n${said.stdout}`)),
        reject,
      )
    })
  return { child, ended, line, kill: (signal) => void child.kill(signal) }
}

const must = async (command: string, args: readonly string[], options?: Launch): Promise<string> => {
  const { exit, stdout, stderr } = await launch(command, args, options).ended
  if (exit !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${exit}\n${options?.input ?? ''}\n${stdout}\n${stderr}`)
  return stdout
}

// ---- the lab ----

export const lab = (...args: string[]): Promise<string> => must(join(LAB, 'lab'), args)

/** Bare hosts again. */
export const fresh = (...hosts: HostName[]): Promise<string> => lab('fresh', ...hosts)

export const engine = (...args: string[]): Promise<string> => must('docker', args, { seconds: 60 })
export const container = (host: HostName): string => `slipway-lab-${host}`
/** Power loss: the disk stays. */
export const cut = (host: HostName): Promise<string> => lab('cut', host)
/** Power back; waits until sshd answers. */
export const powerOn = (host: HostName): Promise<string> => lab('power-on', host)

/** Runs a shell script as root on a host, past ssh. */
export const tryOn = (host: HostName, script: string, seconds = 60): Promise<Ended> =>
  launch('docker', ['exec', '-i', container(host), 'sh', '-s'], { input: `${script}\n`, seconds }).ended

/** The same, and it must succeed. Its standard output without the last newline. */
export const on = async (host: HostName, script: string, seconds = 60): Promise<string> =>
  (await must('docker', ['exec', '-i', container(host), 'sh', '-euc', script], { seconds })).trimEnd()

/** Asks the API of one control plane. */
export const kubectl = (args: string, seconds = 60, host: HostName = 'cp1'): Promise<string> =>
  on(host, `kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s ${args}`, seconds)

/** etcdctl towards a host's own member, as a command of its shell. */
export const ETCDCTL =
  'etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt --key=/etc/kubernetes/pki/etcd/healthcheck-client.key'

export const etcdctl = (host: HostName, args: string): Promise<string> => on(host, `${ETCDCTL} ${args}`)

/** Every node of the five is Ready, asked of one control plane, which may still be on its way. */
export const allReady = (host: HostName): Promise<void> =>
  until('every node is Ready', 180, async () => {
    const seen = await kubectl(
      `get nodes -o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}'`,
      30,
      host,
    ).catch((error: Error) => error.message)
    return seen.trim() === HA_HOSTS.map((name) => `${name}=True`).join(' ') || seen
  })

/** A host's own clock, as the lab's logs write it. */
export const now = (): string => new Date().toISOString()

export type Request = Readonly<{ time: string; client: string; host: string; method: string; path: string; status: number; bytes: number }>
export type Query = Readonly<{ time: string; client: string; name: string; known: boolean }>

const journal = async <T extends { client: string }>(which: 'log' | 'dns', since: string): Promise<T[]> => {
  const text = await (await fetch(`${CONTROL}/${which}?since=${since}`, { signal: AbortSignal.timeout(20_000) })).text()
  const all = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)
  return all.filter(({ client }) => Object.values(ADDRESS).includes(client))
}

/** What our hosts asked the mirrors for. */
export const requests = (since: string): Promise<Request[]> => journal('log', since)
/** The names our hosts asked for. */
export const queries = (since: string): Promise<Query[]> => journal('dns', since)

/** What our hosts sent into the wall, as "from . to . protocol . port xN". */
export const dropped = async (): Promise<string[]> => {
  const { seen } = (await (await fetch(`${CONTROL}/dropped`, { signal: AbortSignal.timeout(20_000) })).json()) as { seen: string[] }
  return seen.filter((line) => Object.values(ADDRESS).some((address) => line.startsWith(`${address} `)))
}

// ---- sshd's own log ----

export type Mark = Record<HostName, string>

const cursor = (host: HostName): Promise<string> =>
  on(host, `journalctl --sync; journalctl -q -n 1 --show-cursor -o cat | sed -n 's/^-- cursor: //p'`)

/** A place in every host's log. */
export const markSsh = (hosts: readonly HostName[] = HOSTS): Promise<Mark> => onAll(cursor, hosts)

export type Visits = Readonly<{ connections: number; executions: number }>

/** How often sshd let somebody in, and started a command, since a mark. */
export const visitsSince = (mark: Mark, hosts: readonly HostName[] = HOSTS): Promise<Record<HostName, Visits>> =>
  onAll(async (host) => {
    const lines = (await on(host, `journalctl --sync; journalctl -q --after-cursor '${mark[host]}' -o cat`)).split('\n')
    const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length
    return { connections: count('Accepted publickey'), executions: count('Starting session: command') }
  }, hosts)

// ---- what runs on a host for a run ----

/** The processes that a run of Slipway started on a host and that are not services: its scripts and all their children. */
export const scripts = async (host: HostName): Promise<string[]> => {
  const lines = (await on(host, 'ps -ww -eo pid=,ppid=,args=')).split('\n').map((line) => line.trim().split(/\s+/))
  const ours = new Set<string>()
  const all = lines.map(([pid = '', ppid = '', ...args]) => ({ pid, ppid, args: args.join(' ') }))
  for (const { pid, args } of all) if (args.includes('slipway-in')) ours.add(pid)
  for (let size = -1; size !== ours.size; ) {
    size = ours.size
    for (const { pid, ppid } of all) if (ours.has(ppid)) ours.add(pid)
  }
  // Children whose script was killed over their heads: nobody but Slipway runs these here.
  for (const { pid, ppid, args } of all)
    if (ppid === '1' && /^(timeout|curl|apt-get|\S*dpkg|kubectl|etcdctl|sleep|sh -c) /.test(args)) ours.add(pid)
  return all.filter(({ pid }) => ours.has(pid)).map(({ pid, args }) => `${pid} ${args.slice(0, 120)}`)
}

/** Waits until no script is alive on a host: one that was killed takes a moment to die, one that was forgotten stays. */
export const scriptsEnd = (host: HostName): Promise<void> =>
  until(`scripts end on ${host}`, 5, async () => {
    const left = await scripts(host)
    return left.length === 0 || left.join('\n')
  })

// ---- units ----

/** What systemd knows of our units; a restart changes it. */
export const units = (host: HostName): Promise<string> =>
  on(
    host,
    `for u in etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kube-apiserver-balancer; do
      printf '%s %s\\n' "$u" "$(systemctl show "$u" -p MainPID,NRestarts,ActiveState,SubState,ActiveEnterTimestampMonotonic | tr '\\n' ' ')"
    done`,
  )

/**
 * Those that were restarted by order: another process, and not because the old one died by itself. systemd counts that when it starts the next
 * one; until then there is none, and the unit became active when it had before.
 */
export const restarted = (before: string, after: string): string[] => {
  const parsed = (text: string) =>
    new Map(
      text.split('\n').map((line) => [
        line.split(' ')[0] ?? '',
        {
          pid: /MainPID=(\d+)/.exec(line)?.[1],
          deaths: Number(/NRestarts=(\d+)/.exec(line)?.[1] ?? 0),
          waits: line.includes('SubState=auto-restart'),
          active: /ActiveEnterTimestampMonotonic=(\d+)/.exec(line)?.[1],
        },
      ]),
    )
  const old = parsed(before)
  return [...parsed(after)].flatMap(([unit, { pid, deaths, waits, active }]) => {
    const was = old.get(unit)
    return pid === was?.pid || deaths > (was?.deaths ?? 0) || (waits && active === was?.active) ? [] : [unit]
  })
}

// ---- cluster files and the command line ----

type Node = Record<string, unknown>
export type ClusterFile = {
  [key: string]: unknown
  ssh: Node
  nodes: Node[]
  services?: Record<string, { extra_args: Record<string, string | string[] | null> }>
}

/** One of the lab's own cluster files, by its name under vagrant/: `cluster` is one control plane and two workers, `ha` three and two. */
export type Shape = 'cluster' | 'ha'
const HOSTS_OF: Readonly<Record<Shape, readonly HostName[]>> = { cluster: HOSTS, ha: HA_HOSTS }

/** An operator: a home of their own, a directory with cluster.yml, and the command line. */
export class Operator {
  /** The hosts of the cluster file it starts from. */
  readonly hosts: readonly HostName[]
  readonly dir: string
  readonly home: string
  readonly file: string
  /** Added to the environment of every run. */
  env: Record<string, string> = {}
  /** A run that is not done by then hangs. Nothing is proven by it: a slow machine may take several times what a fast one does. */
  seconds = 540

  readonly #shape: Shape

  constructor(shape: Shape = 'cluster') {
    this.#shape = shape
    this.hosts = HOSTS_OF[shape]
    this.dir = mkdtempSync(join(inject('dir'), 'operator-'))
    this.home = join(this.dir, 'home')
    this.file = join(this.dir, 'cluster.yml')
    mkdirSync(this.home)
    copyFileSync(join(LAB, 'cluster.lock.yml'), join(this.dir, 'cluster.lock.yml'))
    this.write(() => {})
  }

  /** Writes cluster.yml: the lab's own, with these changes. */
  write(change: (config: ClusterFile) => void): void {
    const config = parse(readFileSync(join(LAB, `${this.#shape}.yml`), 'utf8').replaceAll('.lab/', `${LAB}/.lab/`)) as ClusterFile
    change(config)
    writeFileSync(this.file, stringify(config))
  }

  start(...args: string[]): Running {
    const env = { PATH: process.env.PATH, HOME: this.home, LANG: 'C.UTF-8', ...this.env }
    return launch(CLI, args, { cwd: this.dir, env, seconds: this.seconds })
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended
  }

  up(...args: string[]): Promise<Ended> {
    return this.run('up', '--yes', ...args)
  }

  /** Runs a command that must end with 0. */
  async must(...args: string[]): Promise<Ended> {
    const ended = await this.run(...args)
    expect(ended.exit, `${args.join(' ')}\n${ended.stderr}`).toBe(0)
    return ended
  }

  /** What cluster.yml says is so already. */
  async nothingToDo(): Promise<void> {
    const { exit, stdout, stderr } = await this.run('plan', '--exit-code')
    expect(exit, stderr + stdout).toBe(0)
  }

  /** The newest log a run wrote, or all of them. */
  async logs(): Promise<string> {
    return must('sh', ['-c', `cat ${this.home}/.local/state/slipway/*/*.log`])
  }
}

/** One change as `plan -o json` and the events of `up -o json` show it. */
export type Change = Readonly<{ host: string; phase: string; step: string; id: string; verb: string }>

export const planned = async (operator: Operator): Promise<Change[]> => {
  const { exit, stdout, stderr } = await operator.run('plan', '-o', 'json')
  if (exit !== 0) throw new Error(`plan: exit ${exit}\n${stderr}\n${stdout}`)
  return (JSON.parse(stdout) as { changes: Change[] }).changes
}

/** An event of `up -o json`. */
export type Event = Readonly<{ type: string; host?: string; change?: { step: string; want: { kind: string; id: string }; verb: string } }>

export const eventOf = (line: string): Event => JSON.parse(line) as Event

/** Those of the five hosts that are up. */
const hostsUp = async (): Promise<HostName[]> => {
  const names = (await engine('ps', '--format', '{{.Names}}')).split('\n')
  return HA_HOSTS.filter((host) => names.includes(container(host)))
}

/** Whether an earlier file left the operator's cluster behind, whole. `up` of hosts that are up takes their host keys down again. */
const rotation = async (operator: Operator): Promise<boolean> => {
  const names = await hostsUp()
  if (!operator.hosts.every((host) => names.includes(host))) return false
  await lab('up', ...operator.hosts)
  return (await operator.run('plan', '--exit-code')).exit === 0
}

/** Installs on bare hosts what cluster.yml says, unless an earlier file left that cluster behind. Other hosts are taken down. */
export const installed = async (operator: Operator): Promise<void> => {
  const others = (await hostsUp()).filter((host) => !operator.hosts.includes(host))
  if (others.length > 0) await lab('down', ...others)
  if (await rotation(operator)) return
  await fresh(...operator.hosts)
  const { exit, stderr } = await operator.up()
  if (exit !== 0) throw new Error(`the cluster could not be installed: exit ${exit}\n${stderr}`)
}
