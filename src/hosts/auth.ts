import type Ssh2 from 'ssh2'
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, BaseAgent } from 'ssh2'
import { type Identity, identities } from './identities.ts'
import { keyType } from './known-hosts.ts'
import { isInterrupted, question } from './question.ts'
import type { Hop } from './route.ts'
import { secret } from './secrets.ts'
import type { Environment, SshTarget } from './transport.ts'

type Ssh = typeof Ssh2

/** sshd hangs up after MaxAuthTries (6) failures and may penalise our address for them: one less is all we ever try. */
const MAX_TRIES = 5

export type Auth = {
  handler: AuthHandlerMiddleware
  tried: readonly string[]
  notes: readonly string[]
  accepts(): readonly string[]
  /** The Ctrl-C with which a question was answered. */
  interrupt(): Error | undefined
  /** The host refused all: a typed password is asked for anew next time. */
  refused(): void
}

/** What happens between ssh2 and a person: `waiting` runs a question while the connect timeout stands still. */
export type Unhurried = <T>(question: () => Promise<T>) => Promise<T>

/** Keeps what went wrong with one credential, for the Problem, before `then`. */
type Noted = (then: (error: Error) => void) => (error: Error) => void

const NO_MORE = false as unknown as AuthenticationType

/** Keys first, one at a time, then the password; never `none`. `withPassword` is for the target, not for its bastions. */
export async function authentication(
  ssh: Ssh,
  hop: Hop,
  target: SshTarget,
  withPassword: boolean,
  environment: Environment,
  waiting: Unhurried,
): Promise<Auth> {
  const password = await passwordOf(hop, withPassword ? target.password : undefined, environment, waiting)
  const keys = await waiting(() => identities(ssh, hop, target, environment, MAX_TRIES - (password ? 1 : 0)))
  const tried: string[] = []
  const notes: string[] = []
  let interrupt: Error | undefined
  const noted: Noted = (then) => (error) => {
    if (isInterrupted(error)) interrupt = error
    else notes.push(error.message)
    then(error)
  }
  let left: readonly AuthenticationType[] | undefined
  const allows = (...methods: AuthenticationType[]) => methods.find((method) => left === undefined || left.includes(method))
  const passwordMethod = passwordOrder(allows, () => tried.length < MAX_TRIES)
  const tryPassword = async (): Promise<AnyAuthMethod | undefined> => {
    const method = password && passwordMethod()
    const word = method && (await password())
    if (word === undefined) return undefined
    tried.push(`${method}`)
    if (method === 'password') return { type: 'password', username: hop.user, password: word }
    return {
      type: 'keyboard-interactive',
      username: hop.user,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(answers(prompts, word)),
    }
  }
  const handler: AuthHandlerMiddleware = (methods, _partial, next) => {
    left = methods ?? left
    if (interrupt) return next(NO_MORE)
    const key = allows('publickey') ? keys.shift() : undefined
    if (!key)
      return void tryPassword().then(
        (method) => next(method ?? NO_MORE),
        noted(() => next(NO_MORE)),
      )
    tried.push(key.name)
    next({ type: 'agent', username: hop.user, agent: signer(ssh, key, noted, waiting) })
  }
  return {
    handler,
    tried,
    notes,
    accepts: () => left ?? [],
    interrupt: () => interrupt,
    refused: () => environment.share.forget(typedKey(hop)),
  }
}

/** Where a typed password is kept for as long as the run lasts: a host that reboots is entered again. */
const typedKey = ({ label }: Hop): string => `typed:${label}`

/** The configured password (read before anything is dialled), else a question, else nothing. */
async function passwordOf(
  hop: Hop,
  ref: string | undefined,
  environment: Environment,
  waiting: Unhurried,
): Promise<(() => Promise<string | undefined>) | undefined> {
  if (ref !== undefined) {
    const word = await waiting(() => secret(hop.label, ref, environment))
    return async () => word
  }
  const { ask, share } = environment
  if (!ask) return undefined
  let asked: Promise<string | undefined> | undefined
  return () => (asked ??= waiting(() => share.once(typedKey(hop), () => question(share, () => ask.password(hop.label)))))
}

/**
 * How the password is sent: as `password`; as `keyboard-interactive` when the host does not name `password`, which after a refused key
 * (ssh2 keeps the list to itself then) shows only when `password` was refused too. A password that was really looked at is not sent again.
 */
function passwordOrder(
  allows: (...methods: AuthenticationType[]) => AuthenticationType | undefined,
  room: () => boolean,
): () => AuthenticationType | undefined {
  const sent: AuthenticationType[] = []
  return () => {
    const again = sent.length === 1 && sent[0] === 'password' && !allows('password') && room()
    const method = sent.length === 0 ? allows('password', 'keyboard-interactive') : again ? allows('keyboard-interactive') : undefined
    if (method) sent.push(method)
    return method
  }
}

/** The password answers a question that hides what is typed; anything else is not ours to answer. */
const answers = (prompts: readonly { echo?: boolean }[], password: string): string[] => prompts.map(({ echo }) => (echo ? '' : password))

/** ssh2 offers the key first and has it signed only when the host wants it: an agent of one key. */
function signer(ssh: Ssh, key: Identity, noted: Noted, waiting: Unhurried): BaseAgent {
  class OneKey extends ssh.BaseAgent {
    override getIdentities(done: (error: Error | undefined, keys?: string[]) => void): void {
      done(undefined, [`${keyType(key.blob)} ${key.blob.toString('base64')}`])
    }
    override sign(_key: unknown, data: Buffer, options: unknown, done?: unknown): void {
      const finish = (typeof options === 'function' ? options : done) as (error: Error | undefined, signature?: Buffer) => void
      const hash = typeof options === 'object' && options ? (options as { hash?: string }).hash : undefined
      waiting(() => key.sign(data, hash)).then((signature) => finish(undefined, signature), noted(finish))
    }
  }
  return new OneKey() as unknown as BaseAgent
}
