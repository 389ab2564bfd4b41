import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../src/hosts/connect.ts'
import type { Environment, SshTarget, Transport } from '../../src/hosts/transport.ts'
import { createShare } from '../../src/hosts/share.ts'

export const me = userInfo().username
export const isRoot = process.getuid?.() === 0

/** A directory that plays the operator's home, gone at the end. */
export function tempHome(): { home: string; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), 'slipway-test-'))
  chmodSync(home, 0o755)
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) }
}

/** Makes a key pair; returns the line of the public key. */
export function keygen(path: string, options: { type?: string; passphrase?: string; comment?: string } = {}): string {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    options.type ?? 'ed25519',
    '-N',
    options.passphrase ?? '',
    '-C',
    options.comment ?? 'test',
    '-f',
    path,
  ])
  return readFileSync(`${path}.pub`, 'utf8').trim()
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export type Sshd = {
  port: number
  dir: string
  hostKey: string
  log(): string
  child: ChildProcess
  authorize(line: string): void
  stop(): Promise<void>
}

/** A real sshd on a loopback port, with a configuration and host keys of its own. */
export async function startSshd(lines: string[] = [], hostKeyTypes: string[] = ['ed25519']): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-sshd-'))
  chmodSync(dir, 0o755)
  if (isRoot) mkdirSync('/run/sshd', { recursive: true })
  const keys = hostKeyTypes.map((type) => keygen(join(dir, `host_${type}`), { type }))
  const port = await freePort()
  writeFileSync(join(dir, 'authorized_keys'), '', { mode: 0o644 })
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeyTypes.map((type) => `HostKey ${join(dir, `host_${type}`)}`),
    'PidFile none',
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'LogLevel VERBOSE',
    // The developer's own .bashrc is none of our business (and may be slow).
    'SetEnv HOME=/nonexistent',
    ...lines,
  ]
  writeFileSync(join(dir, 'config'), `${config.join('\n')}\n`)
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(dir, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  while (!log.includes('listening')) {
    if (child.exitCode !== null) throw new Error(`sshd: ${log}`)
    await pause(10)
  }
  return {
    port,
    dir,
    hostKey: keys[0] as string,
    log: () => log,
    child,
    authorize: (line) => writeFileSync(join(dir, 'authorized_keys'), `${line}\n`, { flag: 'a' }),
    async stop() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** An sshd that lets in the key of a home of its own. */
export async function startHost(): Promise<Sshd & { login(): Promise<Transport> }> {
  const place = tempHome()
  const sshd = await startSshd()
  sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
  return {
    ...sshd,
    login: () => connect(target(sshd.port, { hostKey: sshd.hostKey }), environment(place.home)),
    async stop() {
      await sshd.stop()
      place.remove()
    },
  }
}

/** An ssh-agent of its own. */
export function startAgent(): { socket: string; add(path: string): void; stop(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-agent-'))
  const socket = join(dir, 'socket')
  const pid = /SSH_AGENT_PID=(\d+)/.exec(execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' }))?.[1]
  return {
    socket,
    add: (path) => void execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket } }),
    stop() {
      process.kill(Number(pid))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export const environment = (home: string, more: Partial<Environment> = {}): Environment => ({
  home,
  env: {},
  ask: undefined,
  share: createShare(),
  ...more,
})

export const target = (port: number, more: Partial<SshTarget> = {}): SshTarget => ({
  address: '127.0.0.1',
  port,
  user: me,
  agent: true,
  config: true,
  acceptNew: false,
  connectTimeout: 30,
  ...more,
})

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for something that another process brings about. */
export async function until(what: string, test: () => boolean | Promise<boolean>, ms = 8000): Promise<void> {
  for (const end = Date.now() + ms; !(await test()); await pause(20)) if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
}

/** The Problem a promise ends with. */
export async function problemOf(promise: Promise<unknown>): Promise<{ exit: number; en: string; zh: string; fix: string; at: string }> {
  try {
    await promise
  } catch (error) {
    const { problem } = error as { problem?: { at: string; exit: number; what: { en: string; zh: string }; fix: { en: string } } }
    if (!problem) throw error
    return { at: problem.at, exit: problem.exit, en: problem.what.en, zh: problem.what.zh, fix: problem.fix.en }
  }
  throw new Error('no problem')
}
