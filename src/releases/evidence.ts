import type { Text } from '../text.ts'

/** What may be asked while a pin is looked for; undefined means that this place does not have it. */
export interface Places {
  /** A small text. */
  text(url: string): Promise<string | undefined>
  /** The digest of everything a URL delivers. */
  digest(url: string): Promise<string | undefined>
  /** Why the host of a URL last had nothing to give. */
  why(url: string): string | undefined
}

/** A file to be pinned: the places that may have it, and for each the place of the checksum. */
export type Wanted = Readonly<{
  path: string
  urls: readonly string[]
  checksumUrls: readonly string[]
  read(text: string): string | undefined
  /** More witnesses, asked one after the other while the others do not settle it. */
  others?: readonly (() => Promise<readonly Claim[]>)[]
}>

/** A pin and what speaks for it, or why there is none. */
export type Finding = Readonly<{ pin: string; because: string } | { refused: Text }>

/** One witness: who (`operator` is who stands behind the host), what was looked at, and the digest it gives. */
export type Claim = Readonly<{ digest: string; host: string; operator: string; what: string }>

/** A place that delivered nothing, and why. */
export type Lack = Readonly<{ host: string; why: string }>

/** Why something stays without a pin of which no place had anything. */
export const undelivered = (lacks: readonly Lack[]): Text => {
  const reasons = new Map(lacks.map(({ host, why }) => [host, why]))
  const list = (colon: string, stop: string) => [...reasons].map(([host, why]) => `${host}${colon}${why}`).join(stop)
  return {
    en: `no place delivered it (${list(': ', '; ')}): run slipway lock where one of them answers and copy cluster.lock.yml, or write the digest by hand`,
    zh: `所有来源均未提供（${list('：', '；')}）：请在能访问其中之一的机器上运行 slipway lock 并复制 cluster.lock.yml，或手工写入摘要`,
  }
}

const hostOf = (url: string): string => new URL(url).host

/** Two names of one operator are one witness: m.daocloud.io and files.m.daocloud.io. Under .cn the operator may stand one level further down. */
export const operatorOf = (url: string): string => {
  const { host, hostname } = new URL(url)
  if (/^[0-9.]+$|:/.test(hostname)) return host
  const labels = hostname.split('.')
  return labels.slice(/^(ac|co|com|edu|gov|net|org)$/.test(labels.at(-2) ?? '') ? -3 : -2).join('.')
}

/** What a URL says of a digest. */
export const claimOf = (url: string, digest: string, what: string): Claim => ({
  digest,
  host: hostOf(url),
  operator: operatorOf(url),
  what,
})

const refuse = (en: string, zh: string): Finding => ({ refused: { en, zh } })

const conflict = (claims: readonly Claim[]): Finding => {
  const list = claims.map(({ host, digest }) => `${host}: ${digest}`).join('; ')
  return refuse(`the places do not agree (${list})`, `各来源不一致（${list}）`)
}

/** Two unrelated witnesses for the same digest. */
const agreement = (claims: readonly Claim[]): readonly Claim[] | undefined => {
  for (const first of claims) {
    const second = claims.find(({ digest, operator }) => digest === first.digest && operator !== first.operator)
    if (second) return [first, second]
  }
  return undefined
}

/**
 * Finds the pin of a file. Two witnesses that have nothing to do with each other must agree: checksums from two places, a checksum from one
 * and the bytes from another, the bytes from two, or what `others` know. `trustFirst` takes the first bytes there are. Places that differ are never outvoted.
 */
export const findPin = async (wanted: Wanted, places: Places, trustFirst: boolean): Promise<Finding> => {
  const claims: Claim[] = []
  const add = (url: string, digest: string | undefined, what: string): void => {
    if (digest !== undefined) claims.push(claimOf(url, digest, what))
  }
  const settled = (): Finding | undefined => {
    if (new Set(claims.map(({ digest }) => digest)).size > 1) return conflict(claims)
    const pair = agreement(claims)
    return pair && { pin: pair[0]?.digest ?? '', because: pair.map(({ what, host }) => `${what} from ${host}`).join(', ') }
  }
  for (const url of wanted.checksumUrls) {
    const text = await places.text(url)
    add(url, text === undefined ? undefined : wanted.read(text), 'sha256')
  }
  let found = settled()
  for (const url of wanted.urls) {
    if (found) return found
    add(url, await places.digest(url), 'bytes')
    found = settled()
    const [first] = claims.filter(({ what }) => what === 'bytes')
    if (!found && first && trustFirst) return { pin: first.digest, because: `bytes from ${first.host}, trusted at first sight` }
  }
  for (const other of wanted.others ?? []) {
    if (found) return found
    claims.push(...(await other()))
    found = settled()
  }
  if (found) return found
  if (claims.length === 0) return { refused: undelivered(wanted.urls.map((url) => ({ host: hostOf(url), why: places.why(url) ?? '-' }))) }
  const hosts = [...new Set(claims.map(({ host }) => host))].join(', ')
  return refuse(
    `only ${hosts} speaks for it: name a second place under mirrors.files, or give --trust-first`,
    `只有 ${hosts} 提供：请在 mirrors.files 中加入第二个来源，或使用 --trust-first`,
  )
}
