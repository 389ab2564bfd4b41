import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DEFAULT_PORT, DEFAULT_USER, type Host, isLocal, labelOf } from '../config/hosts.ts'
import { jumpLoop, sshConfigUnread, sshConfigWrong } from './problems-route.ts'
import { expandHome } from './secrets.ts'
import { type HostConfig, type Jump, jumps, lookupHost, wildcard } from './ssh-config.ts'
import { askSsh, isConfigured, type Look } from './ssh-g.ts'
import { targetOf } from './target.ts'
import type { BastionTarget, Environment, SshTarget } from './transport.ts'
import { warningsOf } from './warnings.ts'
import { userName } from './user-name.ts'

/** One ssh connection to make: the host itself or a bastion before it. */
export type Hop = {
  label: string
  /** Where the tcp connection goes, and, without `keyAlias`, the name its host key is known by. */
  host: string
  port: number
  user: string
  /** The name on ssh's command line: %n in a ProxyCommand. */
  alias: string
  /** From cluster.yml: must exist. */
  keyPath?: string
  /** From ~/.ssh/config: used when they exist. */
  identityFiles: readonly string[]
  identitiesOnly: boolean
  /** A command whose pipes are the connection, instead of tcp. */
  proxyCommand?: string
  /** IdentityAgent of ~/.ssh/config, instead of $SSH_AUTH_SOCK. */
  identityAgent?: string
  certificateFiles?: readonly string[]
  /** HostKeyAlias: the name its host key is known by. */
  keyAlias?: string
  /** UserKnownHostsFile of ~/.ssh/config, instead of ~/.ssh/known_hosts. */
  knownHostsFiles?: readonly string[]
  acceptNew?: boolean
}

const PLAIN: HostConfig = { identityFiles: [], identitiesOnly: false }

/** The connections a target needs, nearest to us first. What cluster.yml states wins over ~/.ssh/config. Throws the Problem of a configuration that ssh refuses, or that leads through itself. */
export async function route(target: SshTarget, environment: Environment): Promise<Hop[]> {
  const look: Look = target.config ? await reader(environment) : async () => PLAIN
  const config = await look(target.address, target)
  const first = hop(target, config, DEFAULT_USER, environment.home)
  if (target.bastion) return [...(await through(target.bastion, look, environment, [], DEFAULT_USER)), behind(first)]
  if (config.proxyJump === undefined) return [first]
  return [...(await chain(jumps(config.proxyJump), look, environment, [])), behind(first)]
}

/** What is reached through a bastion is reached by no command of its own. */
const behind = ({ proxyCommand: _, ...rest }: Hop): Hop => rest

/** The hosts with the labels of the routes to them. */
export const labelled = (hosts: readonly Host[], environment: Environment): Promise<Host[]> =>
  Promise.all(
    hosts.map(async (host) => {
      if (isLocal(host.address)) return host
      const label = (await route(targetOf(host), environment)).at(-1)?.label
      return label === undefined ? host : { ...host, label }
    }),
  )

/** A chain is complete in itself, but for what its first host needs (as ssh -J a,b does). `passed`: names of the bastions on the way here. */
async function chain(all: readonly Jump[], look: Look, environment: Environment, passed: readonly string[]): Promise<Hop[]> {
  const parts = all.map(async (jump, i) =>
    i === 0
      ? through(jump, look, environment, passed, localUser(environment))
      : [behind(hop(jump, await look(jump.address, jump), localUser(environment), environment.home))],
  )
  return (await Promise.all(parts)).flat()
}

async function through(
  bastion: BastionTarget,
  look: Look,
  environment: Environment,
  passed: readonly string[],
  fallbackUser: string,
): Promise<Hop[]> {
  if (passed.includes(bastion.address)) throw jumpLoop(bastion.address)
  const config = await look(bastion.address, bastion)
  const own = hop(bastion, config, fallbackUser, environment.home)
  if (config.proxyJump === undefined) return [own]
  return [...(await chain(jumps(config.proxyJump), look, environment, [...passed, bastion.address])), behind(own)]
}

const taken = [
  'identityFiles',
  'identitiesOnly',
  'proxyCommand',
  'identityAgent',
  'certificateFiles',
  'knownHostsFiles',
  'acceptNew',
] as const

function hop(wanted: BastionTarget, config: HostConfig, fallbackUser: string, home: string): Hop {
  const host = config.hostName ?? wanted.address
  const port = wanted.port ?? config.port ?? DEFAULT_PORT
  const user = wanted.user ?? config.user ?? fallbackUser
  const found = Object.fromEntries(taken.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])))
  return {
    label: labelOf({ user, address: wanted.address, port }),
    host,
    port,
    user,
    alias: wanted.address,
    ...(wanted.keyPath === undefined ? {} : { keyPath: resolve(expandHome(wanted.keyPath, home)) }),
    ...(config.hostKeyAlias === undefined ? {} : { keyAlias: config.hostKeyAlias }),
    identityFiles: config.identityFiles,
    identitiesOnly: config.identitiesOnly,
    ...found,
  }
}

const localUser = ({ env }: Environment): string => env.USER ?? env.LOGNAME ?? userName({})

/** Asks ssh about each name once for all hosts; where no ssh is installed, reads the files as far as we can and says what was not read. */
function reader(environment: Environment): Promise<Look> {
  const { home, share } = environment
  return share.once('ssh-config', async (): Promise<Look> => {
    if (!isConfigured(home)) return async () => PLAIN
    const fallback = ownReader(environment)
    const warnings = await warningsOf(environment)
    return (alias, { user, port } = {}) =>
      share.once(`ssh -G ${user ?? ''}@${alias}:${port ?? ''}`, async () => {
        try {
          return await askSsh(
            alias,
            { ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) },
            localUser(environment),
            environment,
          )
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw sshConfigWrong(alias, error as Error)
        }
        const found = fallback(alias)
        if (found.unread) warnings.set(`ssh-config ${alias}`, sshConfigUnread(alias, found.unread))
        return found
      })
  })
}

/** Reads ~/.ssh/config and the system's once for all hosts; a missing one says nothing. */
const ownReader = (environment: Environment): ((alias: string) => HostConfig) => {
  const { home } = environment
  const ssh = join(home, '.ssh')
  const text = `${read(join(ssh, 'config'))}\nHost *\n${read('/etc/ssh/ssh_config')}`
  const tokens = { home, localUser: localUser(environment) }
  return (alias) => lookupHost(text, alias, tokens, (pattern) => glob(resolve(ssh, expandHome(pattern, home))).map(read))
}

/** Files named by a path whose last part may hold * and ?, sorted as ssh does. */
function glob(path: string): string[] {
  if (!/[*?]/.test(path)) return [path]
  try {
    return readdirSync(dirname(path))
      .filter((name) => !name.startsWith('.') && wildcard(basename(path), name))
      .sort()
      .map((name) => join(dirname(path), name))
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
