import { isRegistry } from '../images/registries.ts'
import { readRegistryUrl } from '../mirrors/private.ts'
import type { Finding } from './rules.ts'
import type { Config } from './schema.ts'
import { quote, say } from './words.ts'

const entries = (config: Config, one: (entry: Config['private_registries'][number], index: number) => Finding[]): Finding[] =>
  config.private_registries.flatMap(one)

const at = (index: number, key: string) => ['private_registries', index, key]

/** A name that no image reference can begin with is no registry's. */
export const registryUrls = (config: Config): Finding[] =>
  entries(config, ({ url }, index) =>
    readRegistryUrl(url)
      ? []
      : [
          {
            path: at(index, 'url'),
            what: say(`${shown(url)} is not the address of a registry.`, `${shown(url)} 不是有效的镜像仓库地址。`),
            fix: say(
              'Write HOST[:PORT][/FOLDER], in lower case and without a user; a host without a dot needs its port: harbor.corp/mirror, registry:5000.',
              '请写 主机[:端口][/目录]，小写且不含用户名；没有点号的主机名须带端口，例如 harbor.corp/mirror、registry:5000。',
            ),
          },
        ],
  )

/** containerd keeps settings by host, so a host can have one set of them. */
export const registryTwice = (config: Config): Finding[] => {
  const first = new Map<string, number>()
  return entries(config, ({ url }, index) => {
    const domain = readRegistryUrl(url)?.domain
    const before = domain === undefined ? undefined : first.get(domain)
    if (domain !== undefined && before === undefined) first.set(domain, index)
    if (before === undefined) return []
    return [
      {
        path: at(index, 'url'),
        what: say(
          `${quote(url)} is on the host of private_registries[${before}].`,
          `${quote(url)} 与 private_registries[${before}] 在同一主机上。`,
        ),
        fix: say(
          'Keep one entry for a host: its user, password and CA hold for all its folders.',
          '每台主机只保留一项：其用户、密码和 CA 对所有目录有效。',
        ),
      },
    ]
  })
}

/** Exactly one place names the cluster's own images, and it is a copy of the public registries, not one of them. */
export const registryDefault = (config: Config): Finding[] => {
  const defaults = config.private_registries.flatMap(({ is_default }, index) => (is_default ? [index] : []))
  return entries(config, ({ url, is_default }, index) => {
    if (!is_default) return []
    if (isRegistry(readRegistryUrl(url)?.domain ?? ''))
      return [
        {
          path: at(index, 'is_default'),
          what: say(`${quote(url)} is a public registry itself.`, `${quote(url)} 本身就是公共仓库。`),
          fix: say('Leave is_default to a registry of your own.', '请只对自己的仓库设置 is_default。'),
        },
      ]
    if (index === defaults[0]) return []
    return [
      {
        path: at(index, 'is_default'),
        what: say(`private_registries[${defaults[0]}] is the default already.`, `private_registries[${defaults[0]}] 已是默认仓库。`),
        fix: say('Keep is_default at one of them.', '请只在其中一个上设置 is_default。'),
      },
    ]
  })
}

/** Half a login logs nobody in. */
export const registryLogin = (config: Config): Finding[] =>
  entries(config, ({ url, user, password }, index) => {
    if ((user === undefined) !== (password === undefined))
      return [
        {
          path: ['private_registries', index],
          what:
            user === undefined
              ? say('There is a password but no user.', '有密码但没有用户。')
              : say('There is a user but no password.', '有用户但没有密码。'),
          fix: say('Write both, or neither for a registry that asks for none.', '请两者都写；无需登录的仓库则都不写。'),
        },
      ]
    if (password === undefined || !url.startsWith('http://')) return []
    return [
      {
        path: at(index, 'url'),
        severity: 'warning',
        what: say('The password travels in the clear: this registry is asked by http.', '密码将明文传输：此仓库使用 http。'),
        fix: say('Give the registry a certificate, and its CA to ca_file.', '请为仓库配置证书，并在 ca_file 中指定其 CA。'),
      },
    ]
  })

/** What may be shown of a URL: never the login in it. */
const shown = (url: string): string => quote(url.replace(/^([^/]*\/\/)?[^/]*@/, '$1***@'))

const PROXY_FIX = say(
  'Write http://HOST:PORT. A proxy that wants a login needs a relay beside it (cntlm, tinyproxy).',
  '请写 http://主机:端口。需要登录的代理请在旁边设置转发（cntlm、tinyproxy）。',
)

/** A proxy for nothing, and one that hosts could not speak to or whose password everybody could read. */
export const proxyUrls = ({ proxy }: Config): Finding[] => {
  if (proxy === undefined) return []
  const { http, https } = proxy
  if (http === undefined && https === undefined)
    return [
      {
        path: ['proxy'],
        what: say('It names neither http nor https.', '既没有 http，也没有 https。'),
        fix: say(
          'Write https: http://HOST:PORT, and http for apt sources without TLS.',
          '请写 https: http://主机:端口；apt 源未用 TLS 时再写 http。',
        ),
      },
    ]
  const urls = (['http', 'https'] as const).flatMap((key): Finding[] => {
    const url = proxy[key]
    if (url === undefined || /^http:\/\/[^/@\s]+\/?$/.test(url)) return []
    return [
      {
        path: ['proxy', key],
        what: say(`${shown(url)} is not the address of an HTTP proxy.`, `${shown(url)} 不是有效的 HTTP 代理地址。`),
        fix: PROXY_FIX,
      },
    ]
  })
  const names = proxy.no_proxy.flatMap((name, index): Finding[] =>
    /^[^\s,]+$/.test(name)
      ? []
      : [
          {
            path: ['proxy', 'no_proxy', index],
            what: say(`${quote(name)} is not one name.`, `${quote(name)} 不是单个名称。`),
            fix: say('Write one name, .domain, address or range for each element.', '每项只写一个名称、.域名、地址或网段。'),
          },
        ],
  )
  return [...urls, ...names]
}
