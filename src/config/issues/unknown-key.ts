import type { Problem } from '../../problem.ts'
import type { Text } from '../../text.ts'
import { mistake, type Path, type Source } from '../source.ts'
import { namedPaths, schemaAt, shapeOf } from '../walk.ts'
import { nearest, quote, say } from '../words.ts'

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

/** A key that is not valid where it stands. */
export const unknownKey = (name: string, parent: Path, source: Source): Problem => {
  const type = schemaAt(parent)
  const valid = Object.keys((type && shapeOf(type)) ?? {})
  const shown = quote(name)
  const what = say(`Unknown key ${shown}.`, `未知的键 ${shown}。`)
  const alias = ALSO[name] ?? ALSO[name.replaceAll('-', '_')]
  // {address:10.0.0.3} and {address： 10.0.0.3} are one word to YAML.
  const [, key, rest] = /^([A-Za-z_]+)\s*[:：]\s*(.+)$/.exec(name) ?? []
  if (key !== undefined && valid.includes(key))
    return mistake(
      source.at([...parent, name], 'key'),
      what,
      say(`Put ":" and a space between: \`${key}: ${rest}\`.`, `中间请写半角 ":" 和一个空格：\`${key}: ${rest}\`。`),
    )
  const there = elsewhere(alias ?? name)
  const here = alias && valid.includes(alias) ? alias : alias && there ? undefined : nearest(name, valid)
  const fix = here
    ? say(`Did you mean ${here}?`, `是否想写 ${here}？`)
    : there
      ? there === name
        ? say(`Move it to the left margin: ${there} is a key of the whole file.`, `请移到最左边：${there} 是整个文件的键。`)
        : say(`It belongs in ${there}.`, `它应写在 ${there}。`)
      : validHere(valid)
  return mistake(source.at([...parent, name], 'key'), what, fix)
}

/** A name of a flag with dashes, a value, or anything else in it. */
export const badFlagName = (name: string, path: Path, source: Source): Problem => {
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
