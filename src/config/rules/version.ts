import type { Text } from '../../text.ts'
import { compareVersions, minorOf, parseVersion, resolveVersion } from '../version.ts'
import { oneOf, quote, say } from '../words.ts'
import type { Rule } from './types.ts'

/** "v1.36 or v1.37, or one of their releases, such as v1.37.1" */
const offered = (supported: readonly string[]): Text => {
  const sorted = supported.toSorted(compareVersions)
  const minors = oneOf([...new Set(sorted.map(minorOf))])
  const newest = sorted.at(-1)
  return say(`${minors.en}, or one of their releases, such as ${newest}`, `${minors.zh}，或其某个补丁版本，例如 ${newest}`)
}

export const version: Rule = {
  id: 'version',
  reads: ['kubernetes_version'],
  check: ({ kubernetes_version: text }, { supported }) => {
    if (resolveVersion(text, supported)) return []
    const known = offered(supported)
    const read = parseVersion(text)
    const what = read
      ? say(`${quote(text)} is not among the releases this Slipway knows.`, `此版本的 Slipway 不支持 ${quote(text)}。`)
      : say(`${quote(text)} is not a Kubernetes release.`, `${quote(text)} 不是 Kubernetes 版本号。`)
    return [{ path: ['kubernetes_version'], what, fix: say(`Write ${known.en}.`, `请写 ${known.zh}。`) }]
  },
}
