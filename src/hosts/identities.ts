import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type Ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'
import { keyUnusable } from './problems.ts'
import { isInterrupted, question } from './question.ts'
import { expandHome } from './secrets.ts'
import type { Hop } from './route.ts'
import type { Environment, SshTarget } from './transport.ts'

type Ssh = typeof Ssh2

/** One public key we can offer, and who signs with it. A passphrase is asked for only when the host wants the key. */
export type Identity = { name: string; blob: Buffer; locked: boolean; sign(data: Buffer, hash: string | undefined): Promise<Buffer> }

const DEFAULTS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/**
 * Keys in the order they are offered: cluster.yml's, those of ~/.ssh/config, the agent's, ~/.ssh/id_*; each key once.
 * At most `room`: sshd hangs up after six failures, and OpenSSH 9.8 remembers them.
 */
export async function identities(ssh: Ssh, hop: Hop, target: SshTarget, environment: Environment, room: number): Promise<Identity[]> {
  const agent = target.agent ? await fromAgent(ssh, hop, environment) : []
  const load = async (path: string) => throughAgent(await fromFile(ssh, path, environment), agent)
  const explicit = hop.keyPath === undefined ? [] : [await required(hop, load)]
  const configured = (await Promise.all(hop.identityFiles.map(load))).flatMap(usable)
  const usual = async () => (await Promise.all(DEFAULTS.map((name) => load(join(environment.home, '.ssh', name))))).flatMap(usable)
  // IdentitiesOnly keeps to what is named; as in OpenSSH the default files are when nothing else is.
  const unnamed = hop.keyPath === undefined && hop.identityFiles.length === 0
  const named = hop.identitiesOnly && unnamed ? await usual() : [...explicit, ...configured]
  const held = named.map((id) => (id.locked ? (agent.find((a) => a.blob.equals(id.blob)) ?? id) : id))
  if (hop.identitiesOnly) return unique(held).slice(0, room)
  const defaults = await usual()
  const last = unique([...held, ...agent, ...defaults])
  const spare = defaults.find((d) => last.indexOf(d) >= room)
  return spare && held.length < room ? [...last.slice(0, room - 1), spare] : last.slice(0, room)
}

/** `publicOnly`: the file holds a public key, whose private half may be in the agent. */
type Loaded = Identity | 'absent' | { unusable: string } | { publicOnly: Buffer }

const usable = (loaded: Loaded): Identity[] => (typeof loaded === 'object' && 'blob' in loaded ? [loaded] : [])

/** A public key stands for the agent's key of that name. */
const throughAgent = (loaded: Loaded, agent: readonly Identity[]): Loaded => {
  if (typeof loaded !== 'object' || !('publicOnly' in loaded)) return loaded
  return (
    agent.find(({ blob }) => blob.equals(loaded.publicOnly)) ?? {
      unusable: 'is a public key, and the agent does not hold its private half',
    }
  )
}

async function required(hop: Hop, load: (path: string) => Promise<Loaded>): Promise<Identity> {
  const path = hop.keyPath as string
  const loaded = await load(path)
  if (loaded === 'absent') throw keyUnusable(hop.label, path, 'no such file')
  if ('unusable' in loaded) throw keyUnusable(hop.label, path, loaded.unusable)
  if ('publicOnly' in loaded) throw keyUnusable(hop.label, path, 'is a public key')
  return loaded
}

const unique = (all: readonly Identity[]): Identity[] => all.filter((id, i) => all.findIndex((other) => other.blob.equals(id.blob)) === i)

/** A key file, read once for all hosts. */
function fromFile(ssh: Ssh, path: string, environment: Environment): Promise<Loaded> {
  return environment.share.once(`key:${path}`, async (): Promise<Loaded> => {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code !== 'ENOENT') return { unusable: `cannot be read (${code})` }
      const blob = await publicFile(ssh, path)
      return blob ? { publicOnly: blob } : 'absent'
    }
    const key = parse(ssh, text)
    const name = `key ${basename(path)}`
    if (!(key instanceof Error)) return key.isPrivateKey() ? open(name, key) : { publicOnly: key.getPublicSSH() }
    return /encrypted/i.test(key.message) ? fromEncrypted(ssh, name, path, text, environment) : { unusable: key.message }
  })
}

/** A key with a passphrase, which is asked for at once only when nothing else tells the public key. */
async function fromEncrypted(ssh: Ssh, name: string, path: string, text: string, environment: Environment): Promise<Loaded> {
  const sign = async (data: Buffer, hash: string | undefined) => signed(await unlock(ssh, path, text, environment), data, hash)
  const blob = publicPart(text) ?? (await publicFile(ssh, path))
  if (blob) return { name, blob, locked: true, sign }
  const unlocked = await unlock(ssh, path, text, environment).catch((error: Error) => {
    if (isInterrupted(error)) throw error
    return error
  })
  return unlocked instanceof Error ? { unusable: unlocked.message } : open(name, unlocked)
}

const open = (name: string, key: ParsedKey): Identity => ({
  name,
  blob: key.getPublicSSH(),
  locked: false,
  sign: async (data, hash) => signed(key, data, hash),
})

function parse(ssh: Ssh, text: string, passphrase?: string): ParsedKey | Error {
  const parsed: unknown = ssh.utils.parseKey(text, passphrase)
  return (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error
}

function signed(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signature: unknown = key.sign(data, hash)
  if (signature instanceof Error) throw signature
  return signature as Buffer
}

/** Asks for a key's passphrase, three times at most and once for all hosts; without a terminal the key stays locked. */
function unlock(ssh: Ssh, path: string, text: string, { ask, share }: Environment): Promise<ParsedKey> {
  const opened = share.once(`unlocked:${path}`, async (): Promise<ParsedKey | undefined> => {
    for (let tries = 0; ask && tries < 3; tries++) {
      const passphrase = await question(share, () => ask.passphrase(path))
      if (passphrase === undefined) return undefined
      const key = parse(ssh, text, passphrase)
      if (!(key instanceof Error)) return key
    }
    return undefined
  })
  return opened.then((key) => {
    if (key) return key
    throw new Error(
      ask ? `the key ${path} stayed locked` : `the key ${path} is encrypted and there is no terminal to ask for its passphrase: ssh-add it`,
    )
  })
}

/** The public key stands unencrypted in an OpenSSH private key (PROTOCOL.key): magic, cipher, kdf, options, count, public key. */
function publicPart(text: string): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1]
  if (body === undefined) return undefined
  const bytes = Buffer.from(body, 'base64')
  let at = 'openssh-key-v1\0'.length
  for (let field = 0; field < 3; field++) at += 4 + bytes.readUInt32BE(at)
  return bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4))
}

async function publicFile(ssh: Ssh, path: string): Promise<Buffer | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => '')
  const key = parse(ssh, text)
  return key instanceof Error ? undefined : key.getPublicSSH()
}

/** The agent's socket: IdentityAgent of ~/.ssh/config, else $SSH_AUTH_SOCK. */
const socketOf = ({ identityAgent: named }: Hop, { env, home }: Environment): string | undefined => {
  if (named === undefined || named === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK
  if (named === 'none') return undefined
  return named.startsWith('$') ? env[named.slice(1).replace(/^\{(.*)\}$/, '$1')] : expandHome(named, home)
}

/** What the agent holds; an agent that does not answer holds nothing. */
function fromAgent(ssh: Ssh, hop: Hop, environment: Environment): Promise<Identity[]> {
  const { share } = environment
  const socket = socketOf(hop, environment)
  if (!socket) return Promise.resolve([])
  return share.once(`agent:${socket}`, async () => {
    const agent = ssh.createAgent(socket)
    const keys = await new Promise<ParsedKey[]>((resolve) =>
      agent.getIdentities((error, found) => resolve(error || !found ? [] : found.flatMap((k) => asKey(ssh, k)))),
    )
    return keys.map(
      (key): Identity => ({
        name: `agent key ${key.comment || key.type}`,
        blob: key.getPublicSSH(),
        locked: false,
        sign: (data, hash) =>
          new Promise((resolve, reject) =>
            agent.sign(key, data, hash === undefined ? {} : { hash: hash as 'sha256' }, (error, signature) =>
              signature ? resolve(signature) : reject(error ?? new Error('the agent did not sign')),
            ),
          ),
      }),
    )
  })
}

function asKey(ssh: Ssh, found: unknown): ParsedKey[] {
  const key = ssh.utils.parseKey(found as Buffer) as ParsedKey | Error
  return key instanceof Error ? [] : [key]
}
