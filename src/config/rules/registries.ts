import { isRegistry } from '../../images/registries.ts'
import { readRegistryUrl } from '../../images/registry-url.ts'
import type { Config } from '../schema.ts'
import { quote, quoteUrl, say } from '../words.ts'
import type { Finding, Rule } from './types.ts'

const entries = (config: Config, one: (entry: Config['private_registries'][number], index: number) => Finding[]): Finding[] =>
  config.private_registries.flatMap(one)

const at = (index: number, key: string) => ['private_registries', index, key]

/** A name that no image reference can begin with is no registry's. */
export const registryUrls: Rule = {
  id: 'registry-urls',
  check: (config) =>
    entries(config, ({ url }, index) =>
      readRegistryUrl(url)
        ? []
        : [
            {
              path: at(index, 'url'),
              what: say(`${quoteUrl(url)} is not the address of a registry.`, `${quoteUrl(url)} 不是有效的镜像仓库地址。`),
              fix: say(
                'Write HOST[:PORT][/FOLDER], in lower case and without a user; a host without a dot needs its port: harbor.corp/mirror, registry:5000.',
                '请写 主机[:端口][/目录]，小写且不含用户名；没有点号的主机名须带端口，例如 harbor.corp/mirror、registry:5000。',
              ),
            },
          ],
    ),
}

/** containerd keeps settings by host, so a host can have one set of them. */
export const registryTwice: Rule = {
  id: 'registry-twice',
  check: (config) => {
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
            'Keep one entry for a host: its user, password and CA hold for all its folders. A folder for each public registry: projects.',
            '每台主机只保留一项：其用户、密码和 CA 对所有目录有效。各公共仓库使用不同目录时请写 projects。',
          ),
        },
      ]
    })
  },
}

/** Exactly one place names the cluster's own images, and it is a copy of the public registries, not one of them. */
export const registryDefault: Rule = {
  id: 'registry-default',
  check: (config) => {
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
  },
}

/** Half a login logs nobody in. */
export const registryLogin: Rule = {
  id: 'registry-login',
  check: (config) =>
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
    }),
}
