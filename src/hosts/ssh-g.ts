import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expandHome } from './secrets.ts'
import { expandTokens, type HostConfig, tokenValues } from './ssh-config.ts'
import type { Environment } from './transport.ts'

// What a person's ssh would do for a host is what `ssh -G` prints (ssh(1)): the only complete reader of ~/.ssh/config.

const SYSTEM = '/etc/ssh/ssh_config'
/** Stands behind everything that is configured, so that what nobody configured can be told from what happens to equal ssh's own default. */
const NOBODY = 'slipway-nobody'
const AT_ONCE = 8
const LIMIT_MS = 20_000

/** What is known before ssh is asked: cluster.yml's user and port decide which Match blocks apply. */
export type Known = Readonly<{ user?: string; port?: number }>

/** How ssh would reach a host, by its name on the command line. */
export type Look = (alias: string, known?: Known) => Promise<HostConfig>

/** Directives that change nothing of how Slipway connects: with only these there is nothing to ask ssh for. */
const HARMLESS =
  /^\s*(#|$|Host\s+\*\s*$|SendEnv\b|HashKnownHosts\b|GSSAPI\w+\b|ForwardX11\w*\b|Include\s+\/etc\/ssh\/ssh_config\.d\/\*\.conf\s*$)/i

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const systemTexts = (): string[] => {
  const folder = `${SYSTEM}.d`
  try {
    return [read(SYSTEM), ...readdirSync(folder).map((name) => read(join(folder, name)))]
  } catch {
    return [read(SYSTEM)]
  }
}

/** Whether any file says something about how hosts are reached. */
export const isConfigured = (home: string): boolean =>
  [read(join(home, '.ssh/config')), ...systemTexts()].some((text) => text.split(/\r?\n/).some((line) => !HARMLESS.test(line)))

/** One file that holds the user's configuration, the system's, and defaults that can be told from both; removed when the run ends. */
const wrapper = ({ home, share }: Environment): Promise<string> =>
  share.once('ssh -G', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-ssh-'))
    share.defer(() => rm(folder, { recursive: true, force: true }))
    const path = join(folder, 'config')
    const text = [`Include "${join(home, '.ssh/config')}"`, `Include ${SYSTEM}`, 'Host *', `User ${NOBODY}`, 'Port 65535', '']
    await writeFile(path, text.join('\n'), { mode: 0o600 })
    return path
  })

/** Values by keyword, in the order they were printed. */
const valuesOf = (printed: string): Map<string, string[]> => {
  const values = new Map<string, string[]>()
  for (const line of printed.split('\n')) {
    const at = line.indexOf(' ')
    if (at < 0) continue
    const key = line.slice(0, at).toLowerCase()
    values.set(key, [...(values.get(key) ?? []), line.slice(at + 1)])
  }
  return values
}

/** The key files that ssh tries when nobody names any, as it prints them. */
const DEFAULT_KEY = /^~\/\.ssh\/id_\w+$/

const named = (files: readonly string[]): readonly string[] =>
  files.length > 2 && files.every((file) => DEFAULT_KEY.test(file)) ? [] : files.filter((file) => file.toLowerCase() !== 'none')

const set = (value: string | undefined, ...unset: string[]): string | undefined =>
  value === undefined || ['', 'none', ...unset].includes(value) ? undefined : value

/** ${NAME} of the operator's environment, as ssh expands it in paths. */
const expandEnvironment = (text: string, { env }: Environment): string => text.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? '')

/** Reads what `ssh -G` printed. Tokens that ssh expands only when it connects are expanded here (ssh_config(5), TOKENS). */
const readPrinted = (printed: string, alias: string, localUser: string, environment: Environment): HostConfig => {
  const values = valuesOf(printed)
  const one = (key: string): string | undefined => values.get(key)?.[0]
  const user = set(one('user'), NOBODY)
  const port = set(one('port'), '65535')
  const host = one('hostname') ?? alias
  const tokens = tokenValues(
    { host, alias, port: port ?? '22', user: user ?? localUser, keyAlias: one('hostkeyalias') },
    { home: environment.home, localUser },
    hostname(),
  )
  const path = (text: string): string => expandEnvironment(expandTokens(expandHome(text, environment.home), tokens), environment)
  const knownHosts = (one('userknownhostsfile') ?? '').split(' ').filter(Boolean)
  const byDefault = knownHosts.every((file) => /\/\.ssh\/known_hosts2?$/.test(file))
  const optional = {
    user,
    port: port === undefined ? undefined : Number(port),
    hostName: host === alias ? undefined : host,
    proxyJump: set(one('proxyjump')),
    proxyCommand: set(one('proxycommand')),
    identityAgent: set(one('identityagent')) ?? (one('identityagent') === 'none' ? 'none' : undefined),
    hostKeyAlias: set(one('hostkeyalias')),
    knownHostsFiles: byDefault ? undefined : knownHosts.map(path),
    acceptNew: one('stricthostkeychecking') === 'accept-new' ? true : undefined,
  }
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<HostConfig>),
    identityFiles: named(values.get('identityfile') ?? []).map(path),
    certificateFiles: (values.get('certificatefile') ?? []).map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
  }
}

/** Asks ssh itself. Throws what execa throws: ENOENT where no ssh is installed. */
export const askSsh = async (alias: string, { user, port }: Known, localUser: string, environment: Environment): Promise<HostConfig> => {
  const config = await wrapper(environment)
  const options = ['-G', '-F', config, ...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', `${port}`])]
  const { stdout } = await environment.share.gate('ssh -G', AT_ONCE, () =>
    execa('ssh', [...options, '--', alias], { stdin: 'ignore', timeout: LIMIT_MS, env: { LC_ALL: 'C', HOME: environment.home } }),
  )
  return readPrinted(stdout, alias, localUser, environment)
}
