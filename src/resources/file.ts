import { lineDiff } from '../diff.ts'
import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, setPath } from './paths.ts'
import type { FileResource, Kind } from './types.ts'

const MODE = '0644'
const OWNER = 'root:root'

const wanted = (want: FileResource) =>
  ({ type: 'file', mode: want.mode ?? MODE, owner: want.owner ?? OWNER, sha256: sha256(want.text) }) as const

export const file: Kind<FileResource> = {
  id: (want) => `file ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts }) => {
    const seen = facts.paths[want.path]
    const changed = changedPath(seen, wanted(want))
    if (!changed || want.secret) return changed
    return { ...changed, diff: lineDiff(seen?.text ?? '', want.text) }
  },
  script: (want) => heredoc(`put ${quote(want.path)} ${want.mode ?? MODE} ${want.owner ?? OWNER}`, want.text),
  after: (want, { facts }) => setPath(facts, want.path, { ...wanted(want), ...(want.secret ? {} : { text: want.text }) }),
}
