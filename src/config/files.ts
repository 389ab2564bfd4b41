import type { Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { resolvePath } from './hosts.ts'
import type { Config } from './schema.ts'
import { type Folders, mistake, type Path, type Source } from './source.ts'
import { quote, say } from './words.ts'

/** What reading a file gave. */
export type FileRead = { text: string } | { error: 'missing' | 'denied' | 'directory' | 'unreadable' }

/** Everything parsing has to know of the operator's disk. */
export type FileAccess = Folders & Readonly<{ read(path: string): FileRead }>

type Kind = 'private-key' | 'host-key' | 'known-hosts' | 'armored' | 'secret' | 'public-key' | 'authority' | 'own-authority'
type Named = Readonly<{ path: Path; file: string; kind: Kind }>

const INLINE_KEY = /^(ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]+=*(\s|$)/
const PUBLIC = /^(ssh-|ecdsa-|sk-)/

/** Whether host_key is the key itself and not the name of its file. */
const isInlineKey = (text: string): boolean => INLINE_KEY.test(text.trim())

const secretFile = (ref: string | undefined): string | undefined => (ref?.startsWith('file:') ? ref.slice('file:'.length) : undefined)

/** Every file that cluster.yml names. */
const namedFiles = (config: Config): Named[] => {
  const named: Named[] = []
  const add = (kind: Kind, file: string | undefined, path: Path): void => void (file !== undefined && named.push({ kind, file, path }))
  const { ssh, mirrors } = config
  add('private-key', ssh.key_path, ['ssh', 'key_path'])
  add('secret', secretFile(ssh.password), ['ssh', 'password'])
  add('secret', secretFile(ssh.sudo_password), ['ssh', 'sudo_password'])
  add('known-hosts', ssh.known_hosts, ['ssh', 'known_hosts'])
  add('private-key', config.bastion_host?.ssh_key_path, ['bastion_host', 'ssh_key_path'])
  add('armored', mirrors.apt.keys.kubernetes, ['mirrors', 'apt', 'keys', 'kubernetes'])
  add('armored', mirrors.apt.keys.docker, ['mirrors', 'apt', 'keys', 'docker'])
  config.private_registries.forEach(({ password, ca_file }, index) => {
    add('secret', secretFile(password), ['private_registries', index, 'password'])
    add('authority', ca_file, ['private_registries', index, 'ca_file'])
  })
  const { etcd_backup: backup } = config
  add('public-key', backup?.recipient, ['etcd_backup', 'recipient'])
  add('secret', secretFile(backup?.s3?.access_key), ['etcd_backup', 's3', 'access_key'])
  add('secret', secretFile(backup?.s3?.secret_key), ['etcd_backup', 's3', 'secret_key'])
  add('authority', backup?.s3?.ca_file, ['etcd_backup', 's3', 'ca_file'])
  for (const name of ['ca', 'etcd_ca', 'front_proxy_ca'] as const)
    for (const part of ['certificate', 'key'] as const)
      add('own-authority', config.certificates[name]?.[part], ['certificates', name, part])
  config.nodes.forEach((node, index) => {
    const path = ['nodes', index]
    add('private-key', node.ssh_key_path, [...path, 'ssh_key_path'])
    add('secret', secretFile(node.password), [...path, 'password'])
    add('secret', secretFile(node.sudo_password), [...path, 'sudo_password'])
    add('private-key', node.bastion_host?.ssh_key_path, [...path, 'bastion_host', 'ssh_key_path'])
    if (node.host_key !== undefined && !isInlineKey(node.host_key)) add('host-key', node.host_key, [...path, 'host_key'])
  })
  return named
}

const UNREADABLE: Readonly<Record<Extract<FileRead, { error: string }>['error'], Text>> = {
  missing: say('does not exist', '不存在'),
  denied: say('cannot be read: permission denied', '无法读取：权限不足'),
  directory: say('is a folder', '是一个文件夹'),
  unreadable: say('cannot be read', '无法读取'),
}

const FIXES: Readonly<Record<Kind, Text>> = {
  'private-key': say(
    'Name the private key that opens the hosts (ssh-keygen -t ed25519 makes one).',
    '请写能登录主机的私钥文件（可用 ssh-keygen -t ed25519 生成）。',
  ),
  'host-key': say(
    'Write the key itself ("ssh-ed25519 AAAA..."), or the name of the file that holds it.',
    '请直接写公钥（"ssh-ed25519 AAAA..."），或写保存它的文件名。',
  ),
  'known-hosts': say('Make it a file you may read and write, or take known_hosts out.', '请确保它是可读写的文件，或删除 known_hosts。'),
  armored: say(
    'Name the armored key file of your repository (gpg --armor --export KEY).',
    '请写软件源的 ASCII 公钥文件（gpg --armor --export KEY）。',
  ),
  'public-key': say(
    'Run `slipway etcd recipient backup.key`: it makes the pair, and backup.key.pub is the file to name here.',
    '请运行 `slipway etcd recipient backup.key` 生成密钥对，并在此填写 backup.key.pub。',
  ),
  authority: say(
    'Name the PEM file of the CA that signed it ("-----BEGIN CERTIFICATE-----").',
    '请写签发该证书的 CA 的 PEM 文件（"-----BEGIN CERTIFICATE-----"）。',
  ),
  'own-authority': say('Name the PEM files of your CA: its certificate and its key.', '请写 CA 的 PEM 文件：证书及其私钥。'),
  secret: say('Create the file, or name the password with env:NAME or cmd:COMMAND.', '请创建该文件，或改用 env:变量名、cmd:命令。'),
}

const wrongContent = ({ kind }: Named, text: string): Text | undefined => {
  if (kind === 'private-key' && PUBLIC.test(text)) return say('is a public key', '是公钥')
  if (kind === 'private-key' && text.trim() === '') return say('is empty', '是空文件')
  if (kind === 'secret' && text.trim() === '') return say('is empty', '是空文件')
  if (kind === 'host-key' && !isInlineKey(text)) return say('holds no public key', '里没有公钥')
  if (kind === 'public-key' && !text.includes('-----BEGIN PUBLIC KEY-----')) return say('holds no PEM public key', '里没有 PEM 公钥')
  if (kind === 'authority' && !text.includes('-----BEGIN CERTIFICATE-----')) return say('holds no PEM certificate', '里没有 PEM 证书')
  if (kind === 'armored' && !text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----'))
    return say('is not an armored PGP key', '不是 ASCII 格式的 PGP 公钥')
  return undefined
}

/**
 * Reads every file that cluster.yml names. A file that cannot be read is one Problem, at its first mention.
 * The configuration comes back with the text of each pinned key in the place of its file's name.
 */
export const checkFiles = (config: Config, source: Source, files: FileAccess): { config: Config; problems: Problem[] } => {
  const read = new Map<string, FileRead>()
  const told = new Set<string>()
  const problems: Problem[] = []
  const once = (path: string): FileRead => {
    const known = read.get(path) ?? files.read(path)
    read.set(path, known)
    return known
  }
  for (const named of namedFiles(config)) {
    const path = resolvePath(named.file, files)
    const got = once(path)
    // It is made when the first key is accepted: a new operator has none yet.
    if (named.kind === 'known-hosts' && 'error' in got && got.error === 'missing') continue
    const wrong = 'error' in got ? UNREADABLE[got.error] : wrongContent(named, got.text)
    const id = `${named.kind} ${path}`
    if (!wrong || told.has(id)) continue
    told.add(id)
    problems.push(mistake(source.at(named.path), say(`${quote(path)} ${wrong.en}.`, `${quote(path)} ${wrong.zh}。`), FIXES[named.kind]))
  }
  const nodes = config.nodes.map((node) => {
    if (node.host_key === undefined || isInlineKey(node.host_key)) return node
    const got = once(resolvePath(node.host_key, files))
    return 'text' in got ? { ...node, host_key: got.text.trim().split('\n')[0] ?? '' } : node
  })
  return { config: { ...config, nodes }, problems }
}
