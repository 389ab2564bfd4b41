import { same, type Text } from '../../text.ts'
import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** Debian's versions, by their first three numbers: an epoch and the package's revision do not matter here. */
const atLeast = (version: string, floor: string): boolean => {
  const [a = [], b = []] = [version, floor].map((text) =>
    text
      .replace(/^\d+:/, '')
      .split(/[.\-+~]/)
      .map(Number),
  )
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0)
  return true
}

/** Another containerd would fight ours for its socket, and an old one cannot serve this kubelet at all. */
export const oldContainerd: Check = ({ member, facts, release }) =>
  ['containerd', 'containerd.io', 'docker.io', 'docker-ce'].flatMap((name) => {
    const version = facts.packages[name]
    if (version === undefined) return []
    const old = name.startsWith('containerd') && !atLeast(version, release.containerdFloor)
    const why: Text = old
      ? {
          en: `; Kubernetes ${release.minor} needs ${release.containerdFloor} or newer`,
          zh: `；Kubernetes ${release.minor} 需要 ${release.containerdFloor} 或更新版本`,
        }
      : same('')
    return [
      unfit(
        member,
        { en: `the package ${name} ${version} is installed${why.en}`, zh: `已安装软件包 ${name} ${version}${why.zh}` },
        {
          en: `Run \`apt-get purge ${name}\`: Slipway brings its own containerd ${release.containerd}.`,
          zh: `请运行 \`apt-get purge ${name}\`：Slipway 自带 containerd ${release.containerd}。`,
        },
      ),
    ]
  })
