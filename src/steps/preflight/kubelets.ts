import { parts } from '../../cluster/versions.ts'
import type { Context } from '../../cluster/types.ts'
import { KUBELET_SKEW } from '../../config/components.ts'
import type { Problem } from '../../problem.ts'
import { unfit } from './unfit.ts'

/**
 * Kubelets that the new API servers would leave too far behind, before their own turn comes or for good: three minors are tolerated
 * (kubernetes.io, Version Skew Policy). `slipway versions` names those within the limit.
 */
export const oldKubelets = ({ facts, member, members, release }: Context): Problem[] =>
  facts.nodes.flatMap(({ name, kubelet }): Problem[] => {
    const minors = kubelet === '' ? 0 : parts(release.kubernetes)[1] - parts(kubelet)[1]
    if (minors <= KUBELET_SKEW) return []
    const least = `v1.${parts(release.kubernetes)[1] - KUBELET_SKEW}`
    return [
      unfit(
        members.find(({ nodeName }) => nodeName === name) ?? member,
        {
          en: `the kubelet of ${name} is ${kubelet}, ${minors} minors older than ${release.kubernetes}`,
          zh: `${name} 的 kubelet 为 ${kubelet}，比 ${release.kubernetes} 早 ${minors} 个次版本`,
        },
        {
          en: `At most ${KUBELET_SKEW} are tolerated: bring it to ${least} or newer first, or take it out with \`slipway node remove\`.`,
          zh: `最多允许相差 ${KUBELET_SKEW} 个：请先将其升级到 ${least} 或更新，或用 \`slipway node remove\` 移出。`,
        },
      ),
    ]
  })
