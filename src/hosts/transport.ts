import { EXIT, type Problem, ProblemError, refusal } from '../problem.ts'

/** One piece of what a remote script printed; `cut`: the line was longer (lines.ts). The last one of every run is the exit. */
export type Output = { stream: 'stdout' | 'stderr'; line: string; cut?: boolean } | { exit: number | null; signal?: string }

export type RunOptions = {
  signal?: AbortSignal
  /** Streamed to the script's stdin after the script itself, then EOF. Without it stdin stays open until the script ends. */
  input?: AsyncIterable<Uint8Array>
}

/** A way to run scripts as root on one host: over ssh, on this machine, or against a table in tests. */
export interface Transport extends AsyncDisposable {
  /** "root@10.0.0.11:22": prefixes every line about this host. */
  readonly label: string
  /**
   * Runs a POSIX-sh script as root. The script travels on stdin, never as an argument, and runs whole or not at all.
   * stdin stays open until the script ends, so that a watchdog in the script can notice a vanished client by its EOF.
   * Lines are delivered as they come. Throws TransportError when the connection breaks, the signal's reason when aborted.
   */
  run(script: string, options?: RunOptions): AsyncIterable<Output>
}

/** How a jump host is reached. What is left out comes from ~/.ssh/config. */
export type BastionTarget = { address: string; port?: number; user?: string; keyPath?: string }

/** How a host is reached. `user` and `port` are left out when cluster.yml states none: ~/.ssh/config, then root and 22. */
export type SshTarget = {
  address: string
  port?: number
  user?: string
  keyPath?: string
  /** Where the login password is: env:NAME, file:PATH or cmd:COMMAND. */
  password?: string
  sudoPassword?: string
  /** The host's public key, pinned: "ssh-ed25519 AAAA...". */
  hostKey?: string
  bastion?: BastionTarget
  agent: boolean
  /** Read ~/.ssh/config. */
  config: boolean
  /** Path of the cluster's own known-hosts file. */
  knownHosts?: string
  acceptNew: boolean
  /** Seconds for tcp, handshake and authentication together, without the time a person spends answering. */
  connectTimeout: number
}

/** The questions a person may be asked while connecting. */
export type Ask = {
  confirmHostKey(label: string, type: string, fingerprint: string): Promise<boolean>
  passphrase(keyPath: string): Promise<string | undefined>
  password(label: string): Promise<string | undefined>
}

/** What hosts share: one passphrase per key, one connection per bastion, one question at a time. */
export interface Share extends AsyncDisposable {
  /** The value made by the first caller of this key; a failed one is forgotten. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>
  forget(key: string): void
  /** Runs at most `width` of the same key at once. */
  gate<T>(key: string, width: number, work: () => Promise<T>): Promise<T>
  /** Called when the share is disposed, newest first. */
  defer(close: () => void | Promise<void>): void
}

export type Environment = {
  home: string
  env: Readonly<Record<string, string | undefined>>
  /** undefined: no terminal. */
  ask: Ask | undefined
  share: Share
}

/** A host that cannot be reached or entered, or whose connection broke. */
export class TransportError extends ProblemError {
  override readonly name = 'TransportError'
}

/** A host that answered and does not let us in, or a secret that cannot be read: asking again changes nothing. */
export class RefusedError extends TransportError {}

/** Ends connections and what they share. */
export async function closeAll(transports: Iterable<Transport>, { share }: Environment): Promise<void> {
  await Promise.allSettled([...transports].map((transport) => transport[Symbol.asyncDispose]()))
  await share[Symbol.asyncDispose]()
}

/** Half a line is no answer. */
const cutProblem = (label: string): Problem =>
  refusal(
    label,
    { en: 'a line of what this host answered is longer than 1 MiB', zh: '该主机的回答中有一行超过 1 MiB' },
    {
      en: 'Look there for a file, or an object of the cluster, that holds so much in one line, and make it smaller.',
      zh: '请在该主机上查找单行内容过大的文件或集群对象，并将其缩小。',
    },
    EXIT.unfit,
  )

/** The whole output of a script at once, for small ones. A script ended by a signal counts as 128. Throws ProblemError when a line of stdout was cut. */
export async function capture(
  transport: Transport,
  script: string,
  options?: RunOptions,
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  let exit = 128
  for await (const output of transport.run(script, options)) {
    if ('exit' in output) exit = output.exit ?? 128
    else if (output.cut && output.stream === 'stdout') throw new ProblemError(cutProblem(transport.label))
    else lines[output.stream].push(output.line)
  }
  return { exit, stdout: text(lines.stdout), stderr: text(lines.stderr) }
}

const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join('')
