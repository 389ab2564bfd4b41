/** What ~/.ssh/config says about one host, in the words of this program. */
export type HostConfig = {
  hostName?: string
  user?: string
  port?: number
  identityFiles: string[]
  identitiesOnly: boolean
  proxyJump?: string
  /** A command whose pipes are the connection, its tokens not expanded yet. */
  proxyCommand?: string
  /** A socket, "none", "SSH_AUTH_SOCK" or "$NAME" (ssh_config(5)). */
  identityAgent?: string
  certificateFiles?: string[]
  /** The name under which the host's key is known. */
  hostKeyAlias?: string
  /** Known-hosts files that the configuration names instead of ~/.ssh/known_hosts. */
  knownHostsFiles?: string[]
  /** An unknown host key is taken without a question. */
  acceptNew?: boolean
  /** Directives that were met for this host and mean nothing to us, as "keyword (file's line)"; only where no ssh could be asked. */
  unread?: string[]
}

/** Texts of the files an Include pattern names, in order. */
export type Include = (pattern: string) => string[]

/** The local user and the names that tokens stand for. */
export type Tokens = { home: string; localUser: string }

const SINGLE = ['hostname', 'user', 'port', 'identitiesonly', 'proxyjump'] as const
type Single = (typeof SINGLE)[number]
type Found = { single: Partial<Record<Single, string>>; identityFiles: string[]; unread: string[] }

/** Looks a host up as ssh does: the first value wins, IdentityFile adds up. Match blocks are skipped, but for `Match all`. Pure. */
export function lookupHost(text: string, alias: string, tokens: Tokens, include: Include = () => []): HostConfig {
  const found: Found = { single: {}, identityFiles: [], unread: [] }
  walk(text, alias, found, include, 0)
  const { hostname, user, port, identitiesonly, proxyjump } = found.single
  const hostName = hostname === undefined ? undefined : expandTokens(hostname, { h: alias })
  const names = { h: hostName ?? alias, d: tokens.home, u: tokens.localUser, r: user ?? tokens.localUser }
  return {
    ...(hostName === undefined ? {} : { hostName }),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined || !/^\d+$/.test(port) ? {} : { port: Number(port) }),
    ...(proxyjump === undefined || proxyjump.toLowerCase() === 'none' ? {} : { proxyJump: proxyjump }),
    identityFiles: found.identityFiles
      .filter((file) => file.toLowerCase() !== 'none')
      .map((file) => expandTokens(file.replace(/^~(?=\/)/, tokens.home), names)),
    identitiesOnly: identitiesonly?.toLowerCase() === 'yes',
    ...(found.unread.length === 0 ? {} : { unread: found.unread }),
  }
}

/** Includes within includes. */
const DEEPEST = 16

function walk(text: string, alias: string, found: Found, include: Include, depth: number): void {
  let active = true
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [keyword, ...args] = words(line)
    const key = keyword?.toLowerCase()
    if (key === undefined) continue
    const block = isAbout(key, args, alias)
    if (key === 'match' && !block) found.unread.push(`Match ${args.join(' ')} (line ${index + 1})`)
    if (block !== undefined) active = block
    else if (!active || args[0] === undefined) continue
    else if (key === 'include' && depth < DEEPEST)
      for (const inner of args.flatMap((pattern) => include(pattern))) walk(inner, alias, found, include, depth + 1)
    else if (!take(found, key, args[0]) && MATTERS.has(key)) found.unread.push(`${keyword} (line ${index + 1})`)
  }
}

/** Whether what follows a Host or Match line is about the host; undefined for any other line. */
const isAbout = (key: string, args: readonly string[], alias: string): boolean | undefined => {
  if (key === 'host') return matchesHost(args, alias)
  return key === 'match' ? args.length === 1 && args[0]?.toLowerCase() === 'all' : undefined
}

/** Keywords that change how a host is reached, and that only ssh itself can carry out. */
const MATTERS: ReadonlySet<string> = new Set([
  'proxycommand',
  'identityagent',
  'certificatefile',
  'hostkeyalias',
  'userknownhostsfile',
  'stricthostkeychecking',
  'canonicalizehostname',
])

/** Whether the keyword is one that is read. */
const take = (found: Found, key: string, value: string): boolean => {
  if (key === 'identityfile') found.identityFiles.push(value)
  else if (isSingle(key)) found.single[key] ??= value
  return key === 'identityfile' || isSingle(key)
}

const isSingle = (key: string): key is Single => (SINGLE as readonly string[]).includes(key)

/** Words of a line: "Key value", "Key=value", "Key = value", values in double quotes; # starts a comment. */
function words(line: string): string[] {
  const text = line.trim().replace(/^([A-Za-z]+)\s*=\s*/, '$1 ')
  const all: string[] = []
  for (const [whole, quoted, plain] of text.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    if (whole.startsWith('#')) break
    all.push(quoted ?? plain ?? '')
  }
  return all
}

/** What the tokens of ssh_config(5) stand for on one connection; `here` is the name of this machine. */
export const tokenValues = (
  hop: Readonly<{ host: string; alias: string; port: number | string; user: string; keyAlias?: string | undefined }>,
  { home, localUser }: Tokens,
  here: string,
): Readonly<Record<string, string>> => ({
  h: hop.host,
  n: hop.alias,
  k: hop.keyAlias ?? hop.host,
  p: `${hop.port}`,
  r: hop.user,
  u: localUser,
  d: home,
  l: here,
  L: here.split('.')[0] ?? here,
})

/** Puts values in the place of %x; %% is a percent sign, an unknown one stays. */
export const expandTokens = (text: string, names: Readonly<Record<string, string>>): string =>
  text.replace(/%(.)/g, (all, name: string) => (name === '%' ? '%' : (names[name] ?? all)))

/** Patterns of one list: one must match, and none that is negated. */
export function matchesHost(patterns: readonly string[], name: string): boolean {
  let matched = false
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!')
    if (!wildcard(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** `*` and `?` as ssh means them, without regard to case. */
export function wildcard(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === name.toLowerCase()
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'is').test(name)
}

/** One hop of ProxyJump: [user@]host[:port], also as ssh://..., IPv6 in brackets. */
export type Jump = { address: string; user?: string; port?: number }

/** The chain a ProxyJump value names, nearest to us first. */
export const jumps = (value: string): Jump[] =>
  value.split(',').flatMap((part) => {
    const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?\/?$/.exec(part.trim())
    if (!match) return []
    const [, user, bracketed, plain, port] = match
    return [
      { address: bracketed ?? plain ?? '', ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) },
    ]
  })
