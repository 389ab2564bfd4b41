import { readdirSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { DEFAULT_PORT, DEFAULT_USER, type Host, isLocal, labelOf } from '../config/hosts.ts'
import { expandHome } from './secrets.ts'
import { type HostConfig, type Jump, jumps, lookupHost, wildcard } from './ssh-config.ts'
import { targetOf } from './target.ts'
import type { BastionTarget, Environment, SshTarget } from './transport.ts'

/** One ssh connection to make: the host itself or a bastion before it. */
export type Hop = {
  label: string
  /** Where the tcp connection goes, and the name its host key is known by. */
  host: string
  port: number
  user: string
  /** From cluster.yml: must exist. */
  keyPath?: string
  /** From ~/.ssh/config: used when they exist. */
  identityFiles: readonly string[]
  identitiesOnly: boolean
}

const PLAIN: HostConfig = { identityFiles: [], identitiesOnly: false }

/** The connections a target needs, nearest to us first. What cluster.yml states wins over ~/.ssh/config. */
export async function route(target: SshTarget, environment: Environment): Promise<Hop[]> {
  const look = target.config ? await reader(environment) : () => PLAIN
  const config = look(target.address)
  const first = hop(target, config, DEFAULT_USER, environment.home)
  const before = target.bastion
    ? through(target.bastion, look, environment, 0, DEFAULT_USER)
    : config.proxyJump
      ? chain(jumps(config.proxyJump), look, environment, 0)
      : []
  return [...before, first]
}

/** The hosts with the labels of the routes to them. */
export const labelled = (hosts: readonly Host[], environment: Environment): Promise<Host[]> =>
  Promise.all(
    hosts.map(async (host) => {
      if (isLocal(host.address)) return host
      const label = (await route(targetOf(host), environment)).at(-1)?.label
      return label === undefined ? host : { ...host, label }
    }),
  )

/** A chain is complete in itself, but for what its first host needs (as ssh -J a,b does). */
function chain(all: readonly Jump[], look: (alias: string) => HostConfig, environment: Environment, depth: number): Hop[] {
  return all.flatMap((jump, i) =>
    i === 0
      ? through(jump, look, environment, depth, localUser(environment))
      : [hop(jump, look(jump.address), localUser(environment), environment.home)],
  )
}

function through(
  bastion: BastionTarget,
  look: (alias: string) => HostConfig,
  environment: Environment,
  depth: number,
  fallbackUser: string,
): Hop[] {
  const config = look(bastion.address)
  const before = config.proxyJump && depth < 8 ? chain(jumps(config.proxyJump), look, environment, depth + 1) : []
  return [...before, hop(bastion, config, fallbackUser, environment.home)]
}

function hop(wanted: BastionTarget, config: HostConfig, fallbackUser: string, home: string): Hop {
  const host = config.hostName ?? wanted.address
  const port = wanted.port ?? config.port ?? DEFAULT_PORT
  const user = wanted.user ?? config.user ?? fallbackUser
  return {
    label: labelOf({ user, address: wanted.address, port }),
    host,
    port,
    user,
    ...(wanted.keyPath === undefined ? {} : { keyPath: resolve(expandHome(wanted.keyPath, home)) }),
    identityFiles: config.identityFiles,
    identitiesOnly: config.identitiesOnly,
  }
}

const localUser = ({ env }: Environment): string => env.USER ?? env.LOGNAME ?? userInfo().username

/** Reads ~/.ssh/config and the system's once for all hosts; a missing one says nothing. */
function reader(environment: Environment): Promise<(alias: string) => HostConfig> {
  const { home, share } = environment
  return share.once('ssh-config', async () => {
    const ssh = join(home, '.ssh')
    const text = `${read(join(ssh, 'config'))}\nHost *\n${read('/etc/ssh/ssh_config')}`
    const tokens = { home, localUser: localUser(environment) }
    return (alias) => lookupHost(text, alias, tokens, (pattern) => glob(resolve(ssh, expandHome(pattern, home))).map(read))
  })
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
