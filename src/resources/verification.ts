import { sha256 } from '../digest.ts'
import { heredoc } from '../shell/heredoc.ts'
import { setPath } from './paths.ts'
import type { Kind, VerificationResource } from './types.ts'

const fact = (want: VerificationResource) =>
  ({ type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(want.text), text: want.text }) as const

export const verification: Kind<VerificationResource> = {
  id: (want) => `verification ${want.path}`,
  touches: () => [],
  diff: (want, { facts }) =>
    facts.paths[want.path]?.sha256 === sha256(want.text)
      ? undefined
      : { verb: 'start', reason: { en: 'it has not passed for this cluster as it is now', zh: '尚未针对当前集群通过' } },
  script: (want) => want.script + heredoc(`put ${want.path} 0644 root:root`, want.text),
  after: (want, { facts }) => setPath(facts, want.path, fact(want)),
}
