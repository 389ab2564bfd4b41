import { CHECKED, NODE_UNITS } from '../cluster/checked.ts'
import { unitPath } from '../cluster/unit-path.ts'
import { sha256 } from '../digest.ts'
import { heredoc } from '../shell/heredoc.ts'
import { setPath } from './paths.ts'
import type { CheckedResource, Kind } from './types.ts'

const fact = ({ text }: CheckedResource) => ({ type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text }) as const

/** That the functional check has passed for this node: written on its own host behind the check, so that a run that was cut off checks again. */
export const checked: Kind<CheckedResource> = {
  id: () => 'checked',
  touches: () => [CHECKED],
  diff: (want, { facts, pending }) => {
    if ([...NODE_UNITS].some((name) => pending.has(unitPath(name))))
      return { verb: 'update', reason: { en: 'the node changes', zh: '该节点有变化' } }
    return facts.paths[CHECKED]?.sha256 === sha256(want.text)
      ? undefined
      : {
          verb: 'create',
          reason: { en: 'the functional check has not passed for this node as it is now', zh: '功能检查尚未在该节点的当前状态下通过' },
        }
  },
  script: ({ text }) => heredoc(`put ${CHECKED} 0644 root:root`, text),
  after: (want, { facts }) => setPath(facts, CHECKED, fact(want)),
}
