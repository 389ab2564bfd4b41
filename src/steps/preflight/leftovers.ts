import type { Check } from './check.ts'
import { unfit } from './unfit.ts'

/** What another installer left would be taken for ours, or fight it. */
export const leftovers: Check = ({ member, facts }) =>
  facts.leftovers.map(({ tool, path }) =>
    unfit(
      member,
      { en: `${tool} was here before (${path})`, zh: `此前安装过 ${tool}（${path}）` },
      {
        en: `Remove it with ${tool}'s own uninstaller first; Slipway does not take over another installer's cluster.`,
        zh: `请先用 ${tool} 自带的卸载程序清除；Slipway 不接管其他安装器的集群。`,
      },
    ),
  )
