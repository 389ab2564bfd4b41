import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DEFAULT_PORT } from '../config/hosts.ts'
import {
  entriesFor,
  fingerprint,
  judge,
  type KnownHost,
  keyType,
  knownHostLine,
  knownTypes,
  parseKnownHosts,
  parsePin,
} from './known-hosts.ts'
import {
  badPin,
  hostKeyChanged,
  hostKeyDeclined,
  hostKeyRevoked,
  hostKeyUnknown,
  hostKeysUnkept,
  knownHostsUnread,
  removalOf,
} from './problems-host-key.ts'
import { hostName } from './known-name.ts'
import { question } from './question.ts'
import type { Hop } from './route.ts'
import { expandHome } from './secrets.ts'
import type { Environment, SshTarget } from './transport.ts'
import { warningsOf } from './warnings.ts'

/** The key types we can check, best first. SHA-1 signatures are not among the algorithms. */
const ALGORITHMS: Record<string, readonly string[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** What one connection may believe about its host's key. */
export type HostKeys = {
  /** For the negotiation: only types that are known, all when none is. */
  algorithms: string[]
  types: readonly string[]
  /** The command that takes what is known out of its files; '' where it is pinned. */
  removal: string
  /** Throws the Problem unless the key is believed. Also asked on every re-key, where it must be the same key. */
  verify(blob: Buffer): Promise<void>
  /** Writes a newly accepted key down, once the host has proved that it holds it. */
  keep(): Promise<void>
}

type Files = { paths: string[]; entries: KnownHost[] }

/** Prepares the check of one host's key. `pinned` is for the target itself, not for its bastions. */
export async function hostKeys(hop: Hop, target: SshTarget, pinned: string | undefined, environment: Environment): Promise<HostKeys> {
  const files = await readAll(hop, target, environment)
  const { name, port } = keyName(hop)
  const known = entriesFor(files.entries, name, port)
  const pin = pinned === undefined ? undefined : parsePin(pinned, name, port)
  if (pinned !== undefined && !pin) throw badPin(hop.label)
  const entries = pin ? [pin, ...known.filter((e) => e.marker === 'revoked')] : known
  const types = knownTypes(entries)
  let accepted: Buffer | undefined
  let fresh = false
  return {
    algorithms: Object.entries(ALGORITHMS).flatMap(([type, names]) => (types.length === 0 || types.includes(type) ? names : [])),
    types,
    removal: removalOf(entries, hostName(name, port)),
    async verify(blob) {
      if (accepted && !accepted.equals(blob))
        throw hostKeyChanged(
          hop.label,
          keyType(blob),
          fingerprint(blob),
          [{ type: keyType(accepted), fingerprint: fingerprint(accepted), where: 'this connection' }],
          hostName(name, port),
        )
      if (!accepted) fresh = await believe(hop, target, { entries, path: files.paths[0] ?? '' }, blob, environment)
      accepted = blob
    },
    async keep() {
      if (!fresh || !accepted) return
      fresh = false
      const line = knownHostLine(name, port, accepted)
      await record(files, line, environment)
    },
  }
}

/** What known-hosts files call a hop. An alias stands without a port (ssh_config(5), HostKeyAlias). */
const keyName = ({ keyAlias, host, port }: Hop): { name: string; port: number } =>
  keyAlias === undefined ? { name: host, port } : { name: keyAlias, port: DEFAULT_PORT }

/** Whether anything is known of a host's key, so that nobody has to be asked for it. */
export async function isKnown(hop: Hop, target: SshTarget, environment: Environment): Promise<boolean> {
  if (target.hostKey !== undefined) return true
  const { entries } = await readAll(hop, target, environment)
  const { name, port } = keyName(hop)
  return knownTypes(entriesFor(entries, name, port)).length > 0
}

/** Takes over what a list says of one host, under the name it is reached by, and keeps it where accepted keys are kept. */
export async function learn(hop: Hop, target: SshTarget, list: string, environment: Environment): Promise<void> {
  const files = await readAll(hop, target, environment)
  const { name, port } = keyName(hop)
  for (const { type, key } of entriesFor(parseKnownHosts(list, 'copy'), target.address, target.port ?? DEFAULT_PORT)) {
    const line = knownHostLine(name, port, Buffer.from(key, 'base64'))
    if (!(type in ALGORITHMS)) continue
    await record(files, line, environment)
  }
}

/** Keeps a line for this run, and in the file for the next. A file that cannot be written is a warning: the key is believed all the same. */
async function record(files: Files, line: string, environment: Environment): Promise<void> {
  const path = files.paths[0] as string
  files.entries.push(...parseKnownHosts(line, path))
  const warnings = await warningsOf(environment)
  await environment.share
    .gate(`write:${path}`, 1, () => appendLine(path, line))
    .catch((error: NodeJS.ErrnoException) => void warnings.set(path, hostKeysUnkept(path, error)))
}

/** True when the key is new and may be kept; throws when it may not be believed. */
async function believe(
  hop: Hop,
  target: SshTarget,
  { entries, path }: Readonly<{ entries: readonly KnownHost[]; path: string }>,
  blob: Buffer,
  { ask, share }: Environment,
): Promise<boolean> {
  const [type, print] = [keyType(blob), fingerprint(blob)]
  const { name, port } = keyName(hop)
  const verdict = judge(entries, blob)
  if (verdict.is === 'known') return false
  if (verdict.is === 'revoked') throw hostKeyRevoked(hop.label, type, print, verdict.where)
  if (verdict.is === 'changed') throw hostKeyChanged(hop.label, type, print, verdict.known, hostName(name, port))
  if (target.acceptNew || hop.acceptNew) return true
  if (!ask) throw hostKeyUnknown(hop.label, { host: hop.host, port: hop.port, path }, type, print, verdict.authority)
  if (!(await question(share, () => ask.confirmHostKey(hop.label, type, print)))) throw hostKeyDeclined(hop.label, type, print)
  return true
}

/** All files, read once for all hosts that use them; the first is where new keys are kept. */
function readAll({ knownHostsFiles }: Hop, { knownHosts }: SshTarget, { home, share }: Environment): Promise<Files> {
  const own = knownHosts === undefined ? [] : [resolve(expandHome(knownHosts, home))]
  const users = knownHostsFiles ?? [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')]
  const paths = [...own, ...users, '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  return share.once(`known-hosts:${paths.join('\n')}`, async () => {
    const entries = await Promise.all(paths.map(async (path) => parseKnownHosts(await readText(path), path)))
    return { paths, entries: entries.flat() }
  })
}

/** A file that is not there says nothing; one that cannot be read must not pass for empty. */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return ''
    throw knownHostsUnread(path, error as NodeJS.ErrnoException)
  }
}

/** Adds one line: a whole new file beside the old one, then a rename, so that a crash leaves one or the other. A symlink stays one. */
async function appendLine(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const real = await realpath(path).catch(() => path)
  const old = await readText(real)
  const mode = await stat(real).then(
    (s) => s.mode & 0o777,
    () => 0o600,
  )
  const temp = `${real}.${randomBytes(6).toString('hex')}`
  try {
    await writeSynced(temp, `${old}${old === '' || old.endsWith('\n') ? '' : '\n'}${line}\n`)
    await chmod(temp, mode)
    await rename(temp, real)
  } catch (error) {
    await unlink(temp).catch(() => {})
    throw error
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
