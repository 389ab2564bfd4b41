import type { core } from 'zod'
import type { Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { suggestHostname } from './hostname.ts'
import { PROVIDERS } from './schema/mirrors.ts'
import { mistake, type Path, pathText, type Source } from './source.ts'
import { namedPaths, schemaAt, shapeOf } from './walk.ts'
import { found, nearest, oneOf, quote, say } from './words.ts'

type Issue = core.$ZodIssue
type Words = readonly [what: Text, fix: Text]

/** Names of other tools (RKE, kubeadm, Ansible) for keys of ours. */
const ALSO: Readonly<Record<string, string>> = {
  host: 'address',
  ip: 'address',
  hostname: 'hostname_override',
  name: 'hostname_override',
  roles: 'role',
  ssh_key: 'ssh_key_path',
  ssh_port: 'port',
  private_ip: 'internal_address',
  version: 'kubernetes_version',
  cluster_cidr: 'pod_cidr',
  cluster_pool_ipv4_cidr: 'pod_cidr',
  service_cluster_ip_range: 'service_cidr',
  ssh_agent_auth: 'agent',
  'kube-api': 'kube-apiserver',
  kube_api: 'kube-apiserver',
  'kube-controller': 'kube-controller-manager',
  scheduler: 'kube-scheduler',
  kubeproxy: 'kube-proxy',
  sans: 'extra_sans',
  extra_binds: 'extra_args',
  bastion: 'bastion_host',
  hosts: 'nodes',
  passwd: 'password',
  pass: 'password',
}

const ROLE_NAMES: Readonly<Record<string, string>> = {
  controlplane: 'control-plane',
  master: 'control-plane',
  agent: 'worker',
  server: 'control-plane',
}

const SECRET = /^(sudo_)?password$/

const isSecret = (path: Path): boolean => SECRET.test(String(path.at(-1)))

/** The value at a path of what YAML gave us. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      here !== null && typeof here === 'object' && Object.hasOwn(here, part) ? (here as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  )

const KINDS: Readonly<Record<string, Text>> = {
  string: say('text', '文本'),
  number: say('a number', '数字'),
  int: say('a whole number', '整数'),
  boolean: say('true or false', ' true 或 false'),
  array: say('a list', '列表'),
  object: say('a map', '映射'),
  record: say('a map', '映射'),
  enum: say('a word', '单词'),
}

const foundAt = (value: unknown, path: Path): Text =>
  isSecret(path) ? say('a value that is not shown here', '一个不在此显示的值') : found(value)

const unquoted = (value: unknown): value is number | boolean => typeof value === 'number' || typeof value === 'boolean'

const wrongType = (expected: string, value: unknown, path: Path, source: Source): Words => {
  const kind = KINDS[expected] ?? say(expected, expected)
  const is = foundAt(value, path)
  const what = say(`Expected ${kind.en}, found ${is.en}.`, `应为${kind.zh}，实际是${is.zh}。`)
  if (isSecret(path)) return [what, SECRET_FIX]
  if (pathText(path) === 'kubernetes_version' && typeof value === 'number') return [what, versionFix(source.written(path) ?? String(value))]
  if (expected === 'string' && unquoted(value)) {
    const text = quote(source.written(path) ?? String(value))
    return [what, say(`Put it in quotes: ${text}.`, `请加上引号：${text}。`)]
  }
  if (expected === 'boolean' && typeof value === 'string')
    return [what, say('Write true or false, without quotes.', '请写 true 或 false，不加引号。')]
  if ((expected === 'number' || expected === 'int') && typeof value === 'string')
    return [what, say('Write digits, without quotes.', '请只写数字，不加引号。')]
  if (expected === 'array' && value !== null && typeof value !== 'object') {
    const text = typeof value === 'string' ? quote(value).slice(1, -1) : String(value)
    return [what, say(`Write it as a list: [${text}].`, `请写成列表：[${text}]。`)]
  }
  if (value === null || value === undefined) return [what, say('Give it a value, or take the key out.', '请填上值，或删除这个键。')]
  return [what, see(path)]
}

const see = (path: Path): Text => {
  const key = path.filter((part) => typeof part === 'string').join('.') || 'nodes'
  return say(`See ${key} in cluster.example.yml.`, `请参考 cluster.example.yml 中的 ${key}。`)
}

const versionFix = (written: string): Text => {
  const minor = /^1\.\d+$/.test(written) ? written : '1.36'
  return say(
    `YAML reads ${written} as a number (1.30 would be 1.3). Put it in quotes ("${minor}"), or name the release: v1.36.3.`,
    `YAML 把 ${written} 读成了数字（1.30 会变成 1.3）。请加引号写成 "${minor}"，或写完整版本：v1.36.3。`,
  )
}

const SECRET_FIX = say(
  'Name where it is instead: env:NAME, file:PATH or cmd:COMMAND.',
  '请改为写明它在哪里：env:变量名、file:路径 或 cmd:命令。',
)

const missing = (path: Path): Words => {
  const type = schemaAt(path)
  const example = type?.meta()?.example
  const written = typeof example === 'string' ? example : JSON.stringify(example)?.replaceAll('"', '')
  const line = written === undefined ? '' : `${String(path.at(-1))}: ${written}`
  if (pathText(path) === 'nodes') return [say('This key is missing.', '缺少这个键。'), NODES_FIX]
  return [say('This key is missing.', '缺少这个键。'), line ? say(`Add it: ${line}.`, `请加上：${line}。`) : say('Add it.', '请加上。')]
}

const dns1123 = (value: unknown, what: Text): Words => {
  const text = String(value)
  const better = suggestHostname(text)
  const label = what.en.endsWith('label')
  const rule = label
    ? say('lower-case letters, digits and "-", at most 63', '小写字母、数字和 "-"，最长 63 个字符')
    : say('lower-case letters, digits, "-" and ".", here at most 63', '小写字母、数字、"-" 和 "."，这里最长 63 个字符')
  const tried = label ? better?.replaceAll('.', '-') : better
  return [
    say(`${quote(text)} ${what.en} (${rule.en}).`, `${quote(text)} ${what.zh}(${rule.zh})。`),
    tried ? say(`Try "${tried}".`, `可以改成 "${tried}"。`) : say('Choose another name, such as "cp1".', '请换一个名称，例如 "cp1"。'),
  ]
}

const FORMATS: Readonly<Record<string, (value: unknown) => Words>> = {
  'is not a DNS-1123 subdomain': (value) => dns1123(value, say('is not a DNS-1123 subdomain', '不是有效的 DNS-1123 子域名')),
  'is not a DNS-1123 label': (value) => dns1123(value, say('is not a DNS-1123 label', '不是有效的 DNS-1123 标签')),
  'is not a duration': (value) => [
    say(`${quote(String(value))} is not a duration.`, `${quote(String(value))} 不是时长。`),
    say('Write a whole number and m, h or d, such as 24h or 365d.', '请写整数加 m、h 或 d，例如 24h 或 365d。'),
  ],
  'is not an IPv4 address': (value) =>
    String(value).includes(':')
      ? [
          say(`${quote(String(value))} is an IPv6 address: not supported yet.`, `${quote(String(value))} 是 IPv6 地址：暂不支持。`),
          IPV4_FIX,
        ]
      : [say(`${quote(String(value))} is not an IPv4 address.`, `${quote(String(value))} 不是 IPv4 地址。`), IPV4_FIX],
}

const IPV4_FIX = say(
  'Write four numbers from 0 to 255 without leading zeros, such as 10.0.0.11.',
  '请写四个 0 到 255 的数字，不带前导零，例如 10.0.0.11。',
)

const provider = (value: unknown): Words => {
  const names = oneOf(PROVIDERS)
  const near = typeof value === 'string' ? nearest(value, PROVIDERS) : undefined
  const is = typeof value === 'string' ? say(quote(value), quote(value)) : found(value)
  return [
    say(`${is.en} is neither a known mirror nor a URL.`, `${is.zh} 既不是已知的镜像站，也不是 URL。`),
    near
      ? say(`Did you mean ${near}?`, `是否想写 ${near}?`)
      : say(`Write ${names.en}, or a URL that starts with https:// or http://.`, `请写 ${names.zh}，或以 https://、http:// 开头的 URL。`),
  ]
}

const wrongWord = (values: readonly unknown[], value: unknown, path: Path): Words => {
  const words = values.map(String)
  const names = oneOf(words)
  if (typeof value !== 'string') {
    const is = foundAt(value, path)
    return [
      say(`Expected ${names.en}, found ${is.en}.`, `应为 ${names.zh}，实际是${is.zh}。`),
      say(`Write ${names.en}.`, `请写 ${names.zh}。`),
    ]
  }
  const rke = ROLE_NAMES[value]
  const near = rke && words.includes(rke) ? rke : nearest(value, words)
  return [
    say(`${quote(value)} is not one of ${words.join(', ')}.`, `${quote(value)} 不在可选值之内：${words.join('、')}。`),
    near ? say(`Did you mean ${near}?`, `是否想写 ${near}?`) : say(`Write ${names.en}.`, `请写 ${names.zh}。`),
  ]
}

const bound = (issue: core.$ZodIssueTooBig | core.$ZodIssueTooSmall, value: unknown, path: Path): Words => {
  const small = issue.code === 'too_small'
  const limit = String(small ? issue.minimum : issue.maximum)
  if (issue.origin === 'string')
    return [say('This text is empty.', '这个文本是空的。'), say('Give it a value, or take the key out.', '请填上值，或删除这个键。')]
  if (issue.origin === 'array')
    return [
      say('This list is empty.', '这个列表是空的。'),
      pathText(path) === 'nodes' ? NODES_FIX : say('Give it at least one element.', '请至少写一项。'),
    ]
  const is = String(value)
  return [
    small ? say(`${is} is too small.`, `${is} 太小。`) : say(`${is} is too large.`, `${is} 太大。`),
    small ? say(`The least is ${limit}.`, `最小为 ${limit}。`) : say(`The most is ${limit}.`, `最大为 ${limit}。`),
  ]
}

const NODES_FIX = say(
  'Name at least one host: - {address: 10.0.0.11, role: [control-plane, worker]}.',
  '请至少写一台主机：- {address: 10.0.0.11, role: [control-plane, worker]}。',
)

const union = (value: unknown, path: Path, source: Source): Words => {
  if (path[0] === 'mirrors') return provider(value)
  if (path.includes('extra_args')) {
    if (unquoted(value)) return wrongType('string', value, path, source)
    const is = found(value)
    return [
      say(`A flag cannot be ${is.en}.`, `参数值不能是${is.zh}。`),
      say(
        'Write a text, a list of texts for a repeated flag, or null to leave the flag out.',
        '请写文本；重复的参数写成文本列表；写 null 表示去掉该参数。',
      ),
    ]
  }
  const is = foundAt(value, path)
  return [say(`${is.en} does not fit here.`, `${is.zh} 不能用在这里。`), see(path)]
}

const general = (issue: Issue, value: unknown, path: Path, source: Source): Words => {
  const known = FORMATS[issue.message]
  if (known) return known(value)
  if (isSecret(path)) {
    return [say('A password itself stands here (it is not shown).', '这里直接写了密码（不予显示）。'), SECRET_FIX]
  }
  if (path[0] === 'mirrors' && path.length > 1) return provider(value)
  return union(value, path, source)
}

const wordsOf = (issue: Issue, value: unknown, path: Path, source: Source): Words => {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? missing(path) : wrongType(issue.expected, value, path, source)
    case 'invalid_value':
      return value === undefined ? missing(path) : wrongWord(issue.values, value, path)
    case 'too_big':
    case 'too_small':
      return bound(issue, value, path)
    case 'invalid_union':
      return value === undefined ? missing(path) : union(value, path, source)
    default:
      return general(issue, value, path, source)
  }
}

/** Where a key of this name is valid elsewhere: "network.pod_cidr". */
const elsewhere = (name: string): string | undefined =>
  namedPaths()
    .filter((path) => path.at(-1) === name)
    .map((path) => path.join('.').replaceAll('.[]', '[]'))
    .at(0)

const FEW = 8

const validHere = (keys: readonly string[]): Text =>
  keys.length > FEW
    ? say('Take it out; cluster.example.yml lists the keys that are valid here.', '请删除；这里可用的键见 cluster.example.yml。')
    : say(`Take it out. Valid here: ${keys.join(', ')}.`, `请删除。这里可用的键：${keys.join('、')}。`)

const unknownKey = (name: string, parent: Path, source: Source): Problem => {
  const type = schemaAt(parent)
  const valid = Object.keys((type && shapeOf(type)) ?? {})
  const shown = quote(name)
  const what = say(`Unknown key ${shown}.`, `未知的键 ${shown}。`)
  const alias = ALSO[name]
  const here = alias && valid.includes(alias) ? alias : nearest(name, valid)
  const there = elsewhere(alias ?? name)
  const fix = here
    ? say(`Did you mean ${here}?`, `是否想写 ${here}?`)
    : there
      ? say(`It belongs in ${there}.`, `它应写在 ${there}。`)
      : validHere(valid)
  return mistake(source.at([...parent, name], 'key'), what, fix)
}

const badFlagName = (name: string, path: Path, source: Source): Problem => {
  const better = name.trim().replace(/^-+/, '').replaceAll('_', '-').split('=')[0] ?? ''
  return mistake(
    source.at(path, 'key'),
    say(`${quote(name)} is not the name of a flag.`, `${quote(name)} 不是参数名。`),
    /^[a-z0-9][a-zA-Z0-9-]*$/.test(better)
      ? say(`Write it without leading dashes, and its value after ": ": ${better}.`, `请去掉前面的横线，值写在 ": " 之后：${better}。`)
      : say(
          'Write the flag without its leading dashes, such as max-requests-inflight.',
          '请写不带前导横线的参数名，例如 max-requests-inflight。',
        ),
  )
}

/** One issue of zod as Problems in plain words: where, what, how to mend it. `raw` is the value zod was given. */
export const problemsOf = (issue: Issue, raw: unknown, source: Source): Problem[] => {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(name, path, source))
  if (issue.code === 'invalid_key') return [badFlagName(String(path.at(-1)), path, source)]
  // `mirrors: cn` is a text where a map is read: words about maps would lead astray.
  const value = valueAt(raw, path)
  if (pathText(path.slice(0, 1)) === 'mirrors' && typeof valueAt(raw, ['mirrors']) === 'string') {
    return [mistake(source.at(['mirrors']), ...wrongWord(['none', 'cn'], valueAt(raw, ['mirrors']), path))]
  }
  if (path.length === 0 && (raw === null || typeof raw !== 'object' || Array.isArray(raw))) return [notAMap(raw, source)]
  return [mistake(source.at(path), ...wordsOf(issue, value, path, source))]
}

const notAMap = (raw: unknown, source: Source): Problem =>
  mistake(
    source.at([]),
    raw === null || raw === undefined
      ? say('The file is empty.', '文件是空的。')
      : say(`Expected a map of keys, found ${found(raw).en}.`, `应为由键组成的映射，实际是${found(raw).zh}。`),
    say(
      'Start from cluster.example.yml: kubernetes_version and nodes are needed.',
      '请从 cluster.example.yml 开始：至少需要 kubernetes_version 和 nodes。',
    ),
  )

/** Every place zod found fault with, an unknown key with its name. */
export const brokenPaths = (issues: readonly Issue[]): Path[] =>
  issues.flatMap((issue): Path[] => (issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...issue.path, name]) : [issue.path]))
