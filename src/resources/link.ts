import { quote } from '../shell/quote.ts'
import { changedPath, setPath } from './paths.ts'
import type { Kind, LinkResource } from './types.ts'

const wanted = (want: LinkResource) => ({ type: 'link', target: want.target, owner: 'root:root' }) as const

export const link: Kind<LinkResource> = {
  id: (want) => `link ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts }) => changedPath(facts.paths[want.path], wanted(want)),
  script: (want) => `link ${quote(want.path)} ${quote(want.target)}\n`,
  after: (want, { facts }) => setPath(facts, want.path, wanted(want)),
}
