import { hostPort } from '../host-port.ts'
import { isAbsolute, join, normalize } from 'node:path/posix'
import type { Config, NodeConfig } from './schema.ts'
import type { Folders, Source } from './source.ts'

/** The user and the port where neither cluster.yml nor ~/.ssh/config names any. */
export const DEFAULT_USER = 'root'
export const DEFAULT_PORT = 22

/** The way to a bastion. */
export type Bastion = Readonly<{ address: string; port?: number; user?: string; keyPath?: string }>

/** One entry of `nodes` with every default filled in. Paths are absolute; a password is still the name of a secret. */
export type Host = Readonly<{
  /** Place in `nodes`. */
  index: number
  /** Unique among the hosts: the address, or address:port where one address is named twice. */
  key: string
  /** "cluster.yml:7:5 nodes[0]", for Problems. */
  at: string
  /** A name, an IPv4 address, or `localhost` for this machine. */
  address: string
  /** As cluster.yml alone has it, so that all operators write the same names into the cluster; ~/.ssh/config may lead elsewhere. */
  port: number
  user: string
  /** "ubuntu@cp1:2222": as it is really entered, once ~/.ssh/config was read. */
  label?: string
  roles: Readonly<{ controlPlane: boolean; etcd: boolean; worker: boolean }>
  /** The Node's name, when cluster.yml gives it; else the host's own name is. */
  name?: string
  setHostname: boolean
  internalAddress?: string
  labels: Readonly<Record<string, string>>
  taints: readonly Readonly<{ key: string; value: string; effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }>[]
  ssh: Readonly<{
    /** Only what cluster.yml states: it wins over ~/.ssh/config, a default does not. */
    user?: string
    port?: number
    keyPath?: string
    /** env:NAME, file:/absolute/path or cmd:COMMAND. */
    password?: string
    sudoPassword?: string
    /** The pinned public key: "ssh-ed25519 AAAA...". */
    hostKey?: string
    bastion?: Bastion
    agent: boolean
    /** Whether ~/.ssh/config is read. */
    config: boolean
    knownHosts?: string
    acceptNew: boolean
    /** Seconds. */
    connectTimeout: number
  }>
}>

/** A host as people and logs name it: "root@10.0.0.11:22". */
export const labelOf = ({ label, user, address, port }: Pick<Host, 'label' | 'user' | 'address' | 'port'>): string =>
  label ?? `${user}@${hostPort(address, port)}`

/** A path of cluster.yml as an absolute path: `~` is the user's home, anything relative starts at cluster.yml's folder. */
export const resolvePath = (path: string, { folder, home }: Folders): string => {
  if (path === '~') return home
  if (path.startsWith('~/')) return join(home, path.slice(2))
  return isAbsolute(path) ? normalize(path) : join(folder, path)
}

/** A secret's reference with an absolute path: "file:~/pw" -> "file:/home/me/pw". */
export const resolveSecret = (ref: string, folders: Folders): string =>
  ref.startsWith('file:') ? `file:${resolvePath(ref.slice('file:'.length), folders)}` : ref

/** Whether an entry is this machine itself, which needs no ssh. */
export const isLocal = (address: string): boolean => address === 'localhost'

/** The roles of every node, in order. Control planes hold etcd, unless some node has the role etcd: then exactly those hold it. */
export const rolesOf = (nodes: readonly Pick<NodeConfig, 'role'>[]): Host['roles'][] => {
  const explicit = nodes.some((node) => node.role.includes('etcd'))
  return nodes.map(({ role }) => {
    const controlPlane = role.includes('control-plane')
    return { controlPlane, etcd: explicit ? role.includes('etcd') : controlPlane, worker: role.includes('worker') }
  })
}

const given = <K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { [P in K]?: V }

const bastionOf = (config: Config, node: NodeConfig, folders: Folders): Bastion | undefined => {
  const found = node.bastion_host ?? config.bastion_host
  if (!found || isLocal(node.address)) return undefined
  const key = found.ssh_key_path ?? config.ssh.key_path
  return {
    address: found.address,
    ...given('port', found.port),
    ...given('user', found.user ?? config.ssh.user),
    ...given('keyPath', key && resolvePath(key, folders)),
  }
}

const sshOf = (config: Config, node: NodeConfig, folders: Folders): Host['ssh'] => {
  const { ssh } = config
  const path = (text: string | undefined) => text && resolvePath(text, folders)
  const secret = (text: string | undefined) => text && resolveSecret(text, folders)
  return {
    ...given('user', node.user ?? ssh.user),
    ...given('port', node.port ?? ssh.port),
    ...given('keyPath', path(node.ssh_key_path ?? ssh.key_path)),
    ...given('password', secret(node.password ?? ssh.password)),
    ...given('sudoPassword', secret(node.sudo_password ?? ssh.sudo_password)),
    ...given('hostKey', node.host_key),
    ...given('bastion', bastionOf(config, node, folders)),
    agent: ssh.agent,
    config: ssh.config,
    ...given('knownHosts', path(ssh.known_hosts)),
    acceptNew: ssh.accept_new,
    connectTimeout: ssh.connect_timeout,
  }
}

/** The hosts of a configuration, in the order of `nodes`, with the defaults of `ssh` and `bastion_host` filled in. */
export const hostsOf = (config: Config, source: Pick<Source, 'at'> & Folders): Host[] => {
  const roles = rolesOf(config.nodes)
  const seen = new Map<string, number>()
  for (const { address } of config.nodes) seen.set(address, (seen.get(address) ?? 0) + 1)
  return config.nodes.map((node, index) => {
    const ssh = sshOf(config, node, source)
    const port = ssh.port ?? DEFAULT_PORT
    return {
      index,
      key: (seen.get(node.address) ?? 0) > 1 ? hostPort(node.address, port) : node.address,
      at: source.at(['nodes', index]),
      address: node.address,
      port,
      user: ssh.user ?? DEFAULT_USER,
      roles: roles[index] ?? { controlPlane: false, etcd: false, worker: false },
      ...given('name', node.hostname_override),
      setHostname: node.set_hostname,
      ...given('internalAddress', node.internal_address),
      labels: node.labels,
      taints: node.taints,
      ssh,
    }
  })
}
