/** An address and a port as URLs and flags write them: an IPv6 address stands in brackets, since its colons would hide the port. */
export const hostPort = (host: string, port: number | string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`

/** The way back: the address of a text like "[fd00::1]:2380", without its brackets. */
export const hostOf = (text: string): string => text.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
