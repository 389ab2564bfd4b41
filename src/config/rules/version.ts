import { parseVersion, resolveVersion } from '../version.ts'
import { oneOf, quote, say } from '../words.ts'
import type { Rule } from './types.ts'

export const version: Rule = {
  id: 'version',
  reads: ['kubernetes_version'],
  check: ({ kubernetes_version: text }, { supported }) => {
    if (resolveVersion(text, supported)) return []
    const known = oneOf(supported)
    const read = parseVersion(text)
    const what = read
      ? say(`${quote(text)} is not among the releases this Slipway knows.`, `此版本的 Slipway 不支持 ${quote(text)}。`)
      : say(`${quote(text)} is not a Kubernetes release.`, `${quote(text)} 不是 Kubernetes 版本号。`)
    return [{ path: ['kubernetes_version'], what, fix: say(`Write ${known.en}.`, `请写 ${known.zh}。`) }]
  },
}
