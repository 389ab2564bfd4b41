import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import { Duplex } from 'node:stream'
import { proxyCommandEnded, proxyCommandUnsafe } from './problems-route.ts'
import type { Hop } from './route.ts'
import { expandTokens, tokenValues } from './ssh-config.ts'
import type { Environment } from './transport.ts'

// ProxyCommand (ssh_config(5)): a command of the operator's shell whose stdin and stdout are the connection.

/** ssh puts names into the command without quoting them: one that a shell would read as more than a word is refused, as ssh does since 9.6. */
const SAFE = /^[\w.:@%+=/-]+$/

const LONGEST_WORDS = 400

/** The command as the shell gets it. Throws the Problem when a name in it is not safe. */
const commandLine = (hop: Hop, command: string, home: string): string => {
  const tokens = tokenValues(hop, { home, localUser: process.env.USER ?? '' }, hostname())
  for (const name of [hop.host, hop.alias, hop.user])
    if (!SAFE.test(name) || name.startsWith('-')) throw proxyCommandUnsafe(hop.label, name)
  return expandTokens(command, tokens)
}

/** Starts the command; what it prints on stderr is said when it ends too early. Ended with the connection. */
export const proxied = (hop: Hop, command: string, { env, home }: Pick<Environment, 'env' | 'home'>, signal: AbortSignal): Duplex => {
  const line = commandLine(hop, command, home)
  const shell = env.SHELL === undefined || env.SHELL === '' ? '/bin/sh' : env.SHELL
  const child = spawn(shell, ['-c', `exec ${line}`], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...env } as NodeJS.ProcessEnv })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LONGEST_WORDS)
  })
  const stop = (): void => void child.kill('SIGTERM')
  const sock = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk, _, done) => void child.stdin.write(chunk, done),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      stop()
      done(error)
    },
  })
  child.stdin.on('error', () => {})
  child.stdout.on('data', (chunk) => {
    if (!sock.push(chunk)) child.stdout.pause()
  })
  signal.addEventListener('abort', stop)
  child.once('error', (error) => sock.destroy(proxyCommandEnded(hop.label, line, error.message)))
  // Not at the end of its output: its last words and its exit say why.
  child.once('close', (exit, ending) => {
    signal.removeEventListener('abort', stop)
    sock.destroy(proxyCommandEnded(hop.label, line, words.trim() || `exit ${exit ?? ending}`))
  })
  return sock
}
