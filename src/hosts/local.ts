import { execa } from 'execa'
import { lost } from './problems.ts'
import { secret } from './secrets.ts'
import { runOver } from './session.ts'
import type { Channel, Ended } from './channel.ts'
import { argv, type Become } from './sudo.ts'
import type { Environment, SshTarget, Transport } from './transport.ts'

/** This machine, without ssh: the same loader as a child process. */
export async function connectLocal(target: SshTarget, environment: Environment): Promise<Transport> {
  const label = 'localhost'
  const become = await localBecome(label, target, environment)
  return {
    label,
    run: (script, options) => runOver(label, become, spawn(label, become), script, options),
    async [Symbol.asyncDispose]() {},
  }
}

async function localBecome(label: string, target: SshTarget, environment: Environment): Promise<Become> {
  if (process.getuid?.() === 0) return { by: 'root' }
  if (target.sudoPassword === undefined) return { by: 'sudo' }
  return { by: 'password', password: await secret(label, target.sudoPassword, environment) }
}

/** In a session of its own: Ctrl-C at our terminal must not kill a dpkg half-way; it sees its stdin end instead. */
function spawn(label: string, become: Become): Channel {
  const [file, ...args] = argv(become)
  const child = execa(file, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  })
  const ended = child.then((result): Ended => {
    if (result.exitCode === undefined && result.signal === undefined)
      throw lost(label, result.cause instanceof Error ? result.cause : undefined)
    return { exit: result.exitCode ?? null, ...(result.signal === undefined ? {} : { signal: result.signal }) }
  })
  ended.catch(() => {})
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, close: () => void child.stdin.end() }
}
