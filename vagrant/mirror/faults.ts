// Misbehaviour on demand, each kind seen on a public mirror.
const KINDS = [
  'stall',
  'stall-body',
  'slow',
  'trickle',
  'truncate',
  'break-1m',
  'wrong-bytes',
  'bit-flip',
  'bad-signature',
  'html',
  'redirect-loop',
  'expired-cert',
] as const
export type Kind = (typeof KINDS)[number] | `${number}`

export interface Fault {
  readonly kind: Kind
  readonly host?: string
  /** Only requests of the host with this address. */
  readonly client?: string
  /** A prefix, or a regular expression when it is not one ("/debian", ".*\\.deb$"). */
  readonly path?: string
  /** How often it strikes; for ever when absent. */
  readonly times?: number
}

function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const { kind, host, client, path, times } = value as Record<string, unknown>
  return (
    typeof kind === 'string' &&
    (/^[1-5]\d\d$/.test(kind) || (KINDS as readonly string[]).includes(kind)) &&
    (host === undefined || typeof host === 'string') &&
    (client === undefined || typeof client === 'string') &&
    (path === undefined || typeof path === 'string') &&
    (times === undefined || (typeof times === 'number' && times > 0))
  )
}

export function parseFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) throw new Error('a JSON list is expected')
  return value.map((entry: unknown) => {
    if (!isFault(entry)) throw new Error(`no such fault: ${JSON.stringify(entry)}`)
    return entry
  })
}

export class Faults {
  #list: { readonly fault: Fault; left: number }[] = []

  set(faults: readonly Fault[]): void {
    this.#list = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }))
  }

  /** What still strikes; `times` says how often. */
  list(): Fault[] {
    return this.#list.filter(({ left }) => left > 0).map(({ fault, left }) => (left === Infinity ? fault : { ...fault, times: left }))
  }

  /** The first fault that fits, used up by one. */
  take(host: string, path: string, client: string): Kind | undefined {
    return this.#take((fault) => fault.kind !== 'expired-cert' && fits(fault, host, path, client))
  }

  /** Certificates are chosen before there is a path. */
  takeCertificate(host: string, client: string): boolean {
    return this.#take((fault) => fault.kind === 'expired-cert' && fits(fault, host, undefined, client)) !== undefined
  }

  #take(wanted: (fault: Fault) => boolean): Kind | undefined {
    const found = this.#list.find(({ fault, left }) => left > 0 && wanted(fault))
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault.kind
  }
}

function fits(fault: Fault, host: string, path: string | undefined, client: string): boolean {
  if (fault.host !== undefined && fault.host !== host) return false
  if (fault.client !== undefined && fault.client !== client) return false
  if (fault.path === undefined || path === undefined) return true
  return path.startsWith(fault.path) || new RegExp(fault.path).test(path)
}
