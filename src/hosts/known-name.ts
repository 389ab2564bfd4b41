/** Where every control plane keeps the host keys of the whole cluster. */
export const KNOWN_HOSTS_COPY = '/etc/slipway/known_hosts'

/** How known-hosts files name a host: the name alone for port 22, else [name]:port. */
export const hostName = (host: string, port: number): string => (port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`)
