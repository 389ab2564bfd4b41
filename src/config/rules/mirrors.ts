import { readRegistryUrl } from '../../images/registry-url.ts'
import type { Config } from '../schema.ts'
import type { Path } from '../source.ts'
import { quoteUrl, say } from '../words.ts'
import type { Finding, Rule } from './types.ts'

type Place = Readonly<{ path: Path; url: string; images: boolean }>

/** Every mirror that is named by a URL. */
const placesOf = ({ mirrors: { apt, files, images } }: Config): Place[] => {
  const lists = [
    [['apt', 'base'], apt.base],
    [['apt', 'kubernetes'], apt.kubernetes],
    [['apt', 'docker'], apt.docker],
    [['files'], files],
    [['images'], images],
  ] as const
  return lists.flatMap(([path, places = []]) =>
    places.flatMap((url, index) => (url.includes('://') ? [{ path: ['mirrors', ...path, index], url, images: path[0] === 'images' }] : [])),
  )
}

const isPlain = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && `${url.username}${url.password}${url.search}${url.hash}` === ''
}

/** A URL that files are looked for under. One with a login would stand in apt's sources and in every list of processes. */
export const mirrorUrls: Rule = {
  id: 'mirror-urls',
  check: (config) =>
    placesOf(config).flatMap(({ path, url, images }): Finding[] => {
      if (!isPlain(url))
        return [
          {
            path,
            what: say(
              `${quoteUrl(url)} has a login, a query or a fragment: everybody on the hosts could read it.`,
              `${quoteUrl(url)} 含有登录信息、查询参数或片段：主机上的任何人都能看到。`,
            ),
            fix: say(
              'Write http(s)://HOST[:PORT][/FOLDER]. Images of a registry that wants a login: private_registries.',
              '请写 http(s)://主机[:端口][/目录]。需要登录的镜像仓库请写入 private_registries。',
            ),
          },
        ]
      if (!images || readRegistryUrl(url) !== undefined) return []
      return [
        {
          path,
          what: say(`No image can be named by ${quoteUrl(url)}.`, `无法用 ${quoteUrl(url)} 为镜像命名。`),
          fix: say(
            'Write it in lower case; a host without a dot needs its port: https://harbor.corp/mirror, http://registry:5000.',
            '请使用小写；没有点号的主机名须带端口，例如 https://harbor.corp/mirror、http://registry:5000。',
          ),
        },
      ]
    }),
}
