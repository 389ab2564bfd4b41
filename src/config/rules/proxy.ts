import { quote, quoteUrl, say } from '../words.ts'
import type { Finding, Rule } from './types.ts'

const PROXY_FIX = say(
  'Write http://HOST:PORT. A proxy that wants a login needs a relay beside it (cntlm, tinyproxy).',
  '请写 http://主机:端口。需要登录的代理请在旁边设置转发（cntlm、tinyproxy）。',
)

/** A proxy for nothing, and one that hosts could not speak to or whose password everybody could read. */
export const proxyUrls: Rule = {
  id: 'proxy-urls',
  check: ({ proxy }) => {
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
          what: say(`${quoteUrl(url)} is not the address of an HTTP proxy.`, `${quoteUrl(url)} 不是有效的 HTTP 代理地址。`),
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
  },
}
