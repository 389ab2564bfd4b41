import type Ssh2 from 'ssh2'
import type { AuthenticationType, AuthHandlerMiddleware, BaseAgent } from 'ssh2'
import { type Identity, identities } from './identities.ts'
import { keyType } from './known-hosts.ts'
import type { Hop } from './route.ts'
import { secret } from './secrets.ts'
import type { Environment, SshTarget } from './transport.ts'

type Ssh = typeof Ssh2

/** sshd hangs up after MaxAuthTries (6) failures and may penalise our address for them: one less is all we ever try. */
const MAX_TRIES = 5

export type Auth = { handler: AuthHandlerMiddleware; tried: readonly string[]; notes: readonly string[]; accepts(): readonly string[] }

/** What happens between ssh2 and a person: `waiting` runs a question while the connect timeout stands still. */
export type Patience = <T>(question: () => Promise<T>) => Promise<T>

/** Keys first, one at a time, then the password; never `none`, never a method the host does not name. `password` is for the target, not its bastions. */
export async function authentication(ssh: Ssh, hop: Hop, target: SshTarget, withPassword: boolean, environment: Environment, waiting: Patience): Promise<Auth> {
  const ask = environment.ask
  const ref = withPassword ? target.password : undefined
  const password = ref !== undefined ? () => secret(hop.label, ref, environment) : ask ? () => environment.share.gate('ask', 1, () => ask.password(hop.label)) : undefined
  const keys = await waiting(() => identities(ssh, hop, target, environment, MAX_TRIES - (password ? 1 : 0)))
  const tried: string[] = []
  const notes: string[] = []
  let left: readonly AuthenticationType[] | undefined
  let asked = false
  const allows = (...methods: AuthenticationType[]) => methods.find((m) => left === undefined || left.includes(m))
  const tryPassword = async (next: Parameters<AuthHandlerMiddleware>[2]) => {
    const method = asked || !password ? undefined : allows('password', 'keyboard-interactive')
    const given = method && password ? await waiting(password) : undefined
    asked = true
    if (given === undefined) return next(false as unknown as AuthenticationType)
    tried.push('password')
    if (method === 'password') return next({ type: 'password', username: hop.user, password: given })
    next({ type: 'keyboard-interactive', username: hop.user, prompt: (_name, _instructions, _lang, prompts, finish) => finish(answers(prompts, given)) })
  }
  const handler: AuthHandlerMiddleware = (methods, _partial, next) => {
    left = methods ?? left
    const key = allows('publickey') ? keys.shift() : undefined
    if (!key) return void tryPassword(next).catch((error: Error) => (notes.push(error.message), next(false as unknown as AuthenticationType)))
    tried.push(key.name)
    next({ type: 'agent', username: hop.user, agent: signer(ssh, key, notes, waiting) })
  }
  return { handler, tried, notes, accepts: () => left ?? [] }
}

/** The password answers a question that hides what is typed; anything else is not ours to answer. */
const answers = (prompts: readonly { echo?: boolean }[], password: string): string[] => prompts.map(({ echo }) => (echo ? '' : password))

/** ssh2 offers the key first and has it signed only when the host wants it: an agent of one key. */
function signer(ssh: Ssh, key: Identity, notes: string[], waiting: Patience): BaseAgent {
  class OneKey extends ssh.BaseAgent {
    override getIdentities(done: (error: Error | undefined, keys?: string[]) => void): void {
      done(undefined, [`${keyType(key.blob)} ${key.blob.toString('base64')}`])
    }
    override sign(_key: unknown, data: Buffer, options: unknown, done?: unknown): void {
      const finish = (typeof options === 'function' ? options : done) as (error: Error | undefined, signature?: Buffer) => void
      const hash = typeof options === 'object' && options ? (options as { hash?: string }).hash : undefined
      waiting(() => key.sign(data, hash)).then(
        (signature) => finish(undefined, signature),
        (error: Error) => (notes.push(error.message), finish(error)),
      )
    }
  }
  return new OneKey() as unknown as BaseAgent
}
