import { certsD } from '../mirrors/certs-d.ts'
import { CERTS_D, knownRegistries, privateRegistries } from '../mirrors/private.ts'
import { isRegistry } from '../images/registries.ts'
import { loginMark } from '../templates/hosts-toml.ts'
import type { AbsentResource, Resource } from '../resources/types.ts'
import type { Cluster, Context } from '../cluster/types.ts'

/** The CAs of private registries, where their hosts.toml files name them. */
const authorities = ({ config, files }: Cluster): Resource[] => {
  const registries = privateRegistries(config.private_registries)
  return config.private_registries.flatMap(({ ca_file }, index): Resource[] => {
    const path = registries[index]?.ca
    if (ca_file === undefined || path === undefined) return []
    const text = files[ca_file] ?? ''
    return [{ kind: 'file', path, text: text.endsWith('\n') ? text : `${text}\n` }]
  })
}

const hostsFiles = ({ config, sources, logins }: Cluster): Resource[] => {
  const registries = knownRegistries(config)
  return Object.entries(certsD(sources, registries)).map(([name, text]): Resource => {
    const path = `${CERTS_D}/${name}`
    const used = registries.filter(({ domain, login }) => login && text.includes(loginMark(domain)))
    if (used.length === 0) return { kind: 'file', path, text }
    return { kind: 'registry-hosts', path, text, logins: Object.fromEntries(used.map(({ domain }) => [domain, logins?.[domain]])) }
  })
}

/** What Slipway wrote for a registry that cluster.yml does not speak of any more: its mirrors and credentials must not stay in force. */
const gone = ({ facts }: Context, wanted: readonly Resource[]): AbsentResource[] => {
  const kept = new Set(wanted.map((want) => ('path' in want ? want.path : '')))
  return Object.entries(facts.paths).flatMap(([path, { text }]): AbsentResource[] => {
    const registry = path.startsWith(`${CERTS_D}/`) ? path.slice(CERTS_D.length + 1).split('/')[0] : undefined
    if (registry === undefined || kept.has(path)) return []
    // Every hosts.toml of ours begins so (templates/hosts-toml.ts); what others put there stays.
    const ours = path.endsWith('/hosts.toml') && text?.startsWith(`# ${registry}\nserver = `)
    const authority = path.endsWith('/ca.crt') && facts.paths[`${CERTS_D}/${registry}/hosts.toml`]?.text?.includes(path)
    if (!ours && !authority) return []
    return [
      {
        kind: 'absent',
        path,
        reason: isRegistry(registry)
          ? { en: 'no mirror is configured for it any more', zh: '不再为它配置镜像站' }
          : { en: 'cluster.yml does not name this registry any more', zh: 'cluster.yml 不再指定此仓库' },
      },
    ]
  })
}

/** What containerd is told of registries: files that are read at every pull, so that no change of them restarts anything. */
export const registryFiles = (context: Context): Resource[] => {
  const wanted = [...authorities(context), ...hostsFiles(context)]
  return [...wanted, ...gone(context, wanted)]
}
