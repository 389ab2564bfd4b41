import { same, type Text } from '../text.ts'

/** An image reference in its full form: what `nginx` means is domain docker.io, path library/nginx. A domain may be empty (see parseReference). */
export type Reference = Readonly<{ domain: string; path: string; tag?: string; digest?: string }>

/** Why a text is no image reference; the names follow the errors of the distribution project. */
export type Fault = 'empty' | 'format' | 'uppercase' | 'identifier' | 'too-long' | 'digest-format' | 'digest-length' | 'digest-unsupported'

// Grammar and order of checks: distribution/reference regexp.go, reference.go, normalize.go; digests: opencontainers/go-digest.
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const DOMAIN = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const PATH = new RegExp(`^${component}(?:/${component})*$`)
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const IDENTIFIER = /^[a-f0-9]{64}$/
const HEX: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const LONGEST_PATH = 255
// The project sets no limit on the domain; without one a hostile megabyte would be matched in quadratic time.
const LONGEST_TEXT = 4096

const DOCKER = 'docker.io'
const DOCKER_ALIASES = new Set([DOCKER, 'index.docker.io', 'registry-1.docker.io'])

const cut = (text: string, at: number): [string, string | undefined] =>
  at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]

const isDomain = (first: string) => first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first

/** Splits a name as Docker does: `nginx` is docker.io/library/nginx, `a.b/c` is host a.b. registry-1.docker.io is docker.io too (ours). */
const splitDomain = (text: string): [string, string] => {
  const [first, rest] = cut(text, text.indexOf('/'))
  const [domain, remote] = rest !== undefined && isDomain(first) ? [DOCKER_ALIASES.has(first) ? DOCKER : first, rest] : [DOCKER, text]
  return domain === DOCKER && !remote.includes('/') ? [domain, `library/${remote}`] : [domain, remote]
}

const digestFault = (digest: string): Fault | undefined => {
  if (!DIGEST.test(digest)) return 'format'
  const [algorithm, hex = ''] = cut(digest, digest.indexOf(':'))
  const length = HEX[algorithm]
  if (length === undefined) return 'digest-unsupported'
  if (hex.length !== length) return 'digest-length'
  return /[A-F]/.test(hex) ? 'digest-format' : undefined
}

const assemble = (domain: string, path: string, tag?: string, digest?: string): Reference => ({
  domain,
  path,
  ...(tag === undefined ? {} : { tag }),
  ...(digest === undefined ? {} : { digest }),
})

/** What is wrong with a first segment that is neither a host nor a part of a path. */
const segmentFault = (segment: string): Fault => (PATH.test(segment.toLowerCase()) ? 'uppercase' : 'format')

/**
 * Reads an image reference and normalises it, as `ParseNormalizedNamed` of the distribution project does. Returns the parts or the fault.
 * A first segment that looks like a host but is none (foo_bar.com/x) gives an empty domain, as it does there.
 */
export const parseReference = (text: string): Reference | Fault => {
  if (text === '') return 'empty'
  if (text.length > LONGEST_TEXT) return 'too-long'
  if (IDENTIFIER.test(text)) return 'identifier'
  const [domain, remote] = splitDomain(text)
  const [named, digest] = cut(remote, remote.indexOf('@'))
  const [path, tag] = cut(named, named.indexOf(':'))
  if (path.toLowerCase() !== path) return 'uppercase'
  if (!PATH.test(path) || (tag !== undefined && !TAG.test(tag))) return 'format'
  const fault = digest === undefined ? undefined : digestFault(digest)
  if (fault === 'format') return fault
  const real = DOMAIN.test(domain)
  if (!real && !PATH.test(domain)) return segmentFault(domain)
  const whole = real ? path : `${domain}/${path}`
  if (whole.length > LONGEST_PATH) return 'too-long'
  return fault ?? assemble(real ? domain : '', whole, tag, digest)
}

/** The reference when the text is one, else undefined: for places where the fault does not matter. */
export const readReference = (text: string): Reference | undefined => {
  const parsed = parseReference(text)
  return typeof parsed === 'string' ? undefined : parsed
}

/** The name without tag and digest. */
export const nameOf = ({ domain, path }: Reference): string => (domain === '' ? path : `${domain}/${path}`)

/** The full text of a reference; parseReference(formatReference(x)) is x. */
export const formatReference = (reference: Reference): string =>
  nameOf(reference) +
  (reference.tag === undefined ? '' : `:${reference.tag}`) +
  (reference.digest === undefined ? '' : `@${reference.digest}`)

/** Whether a pull of it always means the same: it has a digest, or a tag other than `latest`. */
export const isPinned = ({ tag, digest }: Reference): boolean => digest !== undefined || (tag !== undefined && tag !== 'latest')

const WORDS: Readonly<Record<Fault, Text>> = {
  empty: { en: 'is empty', zh: '为空' },
  format: { en: 'is not an image reference', zh: '不是有效的镜像引用' },
  uppercase: { en: 'has capital letters in the repository name', zh: '仓库名不能含大写字母' },
  identifier: { en: 'is an image id (64 hex digits), not a name', zh: '是镜像 ID（64 位十六进制），不是镜像名' },
  'too-long': { en: 'is too long', zh: '过长' },
  'digest-format': { en: 'has a malformed digest', zh: '摘要格式错误' },
  'digest-length': { en: 'has a digest of the wrong length', zh: '摘要长度不对' },
  'digest-unsupported': { en: 'has a digest of an unknown algorithm', zh: '摘要算法未知' },
}

/** A fault in words, to be put after the text it is about. */
export const faultText = (fault: Fault): Text => WORDS[fault] ?? same(fault)
