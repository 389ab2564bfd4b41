/** One place containerd asks for a registry's images; `ca` is a path on the host, `login` names whose credentials it is shown. */
export type RegistryHost = Readonly<{ url: string; overridePath: boolean; ca?: string; login?: string }>

/** What stands in the text for a registry's credentials until the file is written. */
export const loginMark = (login: string): string => `<login of ${login}>`

export type HostsToml = Readonly<{
  /** Whose images these are: the directory's name under certs.d. */
  registry: string
  /** Asked last. containerd takes the registry itself when there is none, so a mirror stands here when upstream may not be asked. */
  server: string
  /** Asked first, in this order. */
  hosts: readonly RegistryHost[]
  /** How long a connection may take; containerd's own 30 s stalls a pull for every dead mirror. Known to containerd 2.1 and newer; null leaves it out. */
  dialTimeout?: string | null
}>

const text = (value: string) => JSON.stringify(value)

// A mirror has to resolve too: without it containerd asks upstream what a tag means, and upstream is what cannot be reached.
const settings = ({ overridePath, ca }: Omit<RegistryHost, 'url' | 'login'>, timeout: string | null): string[] => [
  'capabilities = ["pull", "resolve"]',
  ...(overridePath ? ['override_path = true'] : []),
  ...(ca === undefined ? [] : [`ca = ${text(ca)}`]),
  ...(timeout === null ? [] : [`dial_timeout = ${text(timeout)}`]),
]

// Spelled as Go spells it: under any other case containerd would send it beside the token it gets for it (core/remotes/docker/authorizer.go).
const header = (name: string, login: string | undefined, indent: string): string =>
  login === undefined ? '' : `${indent}[${name}]\n${indent}  Authorization = ${text(loginMark(login))}\n`

const table = (host: RegistryHost, timeout: string | null): string => {
  const name = `host.${text(host.url)}`
  return ['', `[${name}]`, ...settings(host, timeout).map((line) => `  ${line}`), header(`${name}.header`, host.login, '  ')].join('\n')
}

/**
 * The text of certs.d/REGISTRY/hosts.toml for containerd 2.x (docs/hosts.md; read in core/remotes/docker/config/hosts.go: tables are asked in
 * the order of the file, then `server`, which takes its settings from the top of the file). A last host that is the server is not asked twice.
 */
export const hostsToml = ({ registry, server, hosts, dialTimeout = '5s' }: HostsToml): string => {
  const last = hosts.findLast(({ url }) => url === server)
  const first = hosts.at(-1) === last ? hosts.slice(0, -1) : hosts
  const top = [`# ${registry}`, `server = ${text(server)}`, ...(last === undefined ? [] : settings(last, dialTimeout)), '']
  return top.join('\n') + header('header', last?.login, '') + first.map((host) => table(host, dialTimeout)).join('')
}
