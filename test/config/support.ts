import { mintAuthority } from '../../src/engine/vault-keys.ts'
import type { FileAccess, FileRead } from '../../src/config/files.ts'
import { type Loaded, parseConfig } from '../../src/config/parse.ts'
import type { Problem } from '../../src/problem.ts'

export const SUPPORTED = ['v1.36.3', 'v1.37.2']

/** A disk that holds what is given; with no argument every file exists and is of the right kind. */
export const disk = (files?: Readonly<Record<string, string>>): FileAccess => ({
  folder: '/lab',
  home: '/home/me',
  read: (path): FileRead => {
    if (!files) return { text: standIn(path) }
    const text = files[path]
    return text === undefined ? { error: 'missing' } : { text }
  },
})

const DAY = 1_790_000_000_000

/** CAs as a user brings them, by the names of their files ("etcd-ca.crt"). */
export const OWN = Object.fromEntries(
  await Promise.all(['ca', 'etcd-ca', 'front-proxy-ca'].map(async (name) => [name, await mintAuthority(`own ${name}`, DAY)] as const)),
)

const standIn = (path: string): string => {
  const [, name = '', part = ''] = /([a-z-]+)\.(crt|key)$/.exec(path) ?? []
  const own = OWN[name]
  if (own) return part === 'crt' ? own.certificate : own.key
  if (path.endsWith('.asc')) return '-----BEGIN PGP PUBLIC KEY BLOCK-----\n'
  if (path.endsWith('.pem')) return '-----BEGIN CERTIFICATE-----\n'
  if (path.endsWith('backup.pub')) return '-----BEGIN PUBLIC KEY-----\n'
  if (path.endsWith('.pub')) return 'ssh-ed25519 AAAAC3Nza me@lab\n'
  return '-----BEGIN OPENSSH PRIVATE KEY-----\n'
}

export const parse = (text: string, files: FileAccess = disk()): Loaded => parseConfig(text, 'cluster.yml', files, SUPPORTED)

/** A file that is right, with more lines at its end. */
export const good = (more = ''): string =>
  `kubernetes_version: v1.36.3\nnodes:\n  - {address: 192.168.1.11, role: [control-plane, worker]}\n${more}`

/** The problems as they are printed. */
export const printed = (problems: readonly Problem[], language: 'en' | 'zh' = 'en'): string[] =>
  problems.map(({ at, what, fix, severity }) => `${severity === 'warning' ? 'warning ' : ''}${at}: ${what[language]} ${fix[language]}`)

export const said = (text: string, files?: FileAccess): string => printed(parse(text, files).problems).join('\n')
