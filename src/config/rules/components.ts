import { COMPONENTS, type ComponentName, partNamed } from '../components.ts'
import { compareVersions, minorOf, resolveVersion } from '../version.ts'
import { quote, say } from '../words.ts'
import type { Finding, Rule } from './types.ts'

const finding = (name: ComponentName, minor: string, version: string): Finding | undefined => {
  const { floor, below, broken = {} } = partNamed(name)
  const path = ['components', name]
  const least = floor[minor] ?? ''
  const range = say(
    `Write a version from ${least} on and before ${below}, or take the line out.`,
    `请写不低于 ${least} 且低于 ${below} 的版本，或删除此行。`,
  )
  if (broken[version] !== undefined)
    return {
      path,
      what: say(`${name} ${version} is known to be broken.`, `${name} ${version} 有已知缺陷。`),
      fix: say('Write a newer patch of it.', '请改写更新的补丁版本。'),
    }
  if (compareVersions(version, least) < 0)
    return {
      path,
      what: say(
        `Kubernetes ${minor} needs ${name} ${least} or newer, not ${quote(version)}.`,
        `Kubernetes ${minor} 需要 ${name} ${least} 或更新版本，而不是 ${quote(version)}。`,
      ),
      fix: range,
    }
  if (compareVersions(version, below) >= 0)
    return {
      path,
      what: say(
        `${name} ${version} is newer than what this Slipway knows how to set up.`,
        `此版本的 Slipway 还不支持 ${name} ${version}。`,
      ),
      fix: range,
    }
  return undefined
}

const NAMES = Object.keys(COMPONENTS) as ComponentName[]

/** Versions that `components` names, within the limits of each part. */
export const componentVersions: Rule = {
  id: 'components',
  reads: ['kubernetes_version', ...NAMES.map((name) => `components.${name}`)],
  check: ({ kubernetes_version, components }, { supported }) => {
    const release = resolveVersion(kubernetes_version, supported)
    if (release === undefined) return []
    return NAMES.flatMap((name) => {
      const version = components[name]
      return version === undefined ? [] : (finding(name, minorOf(release), version) ?? [])
    })
  },
}
