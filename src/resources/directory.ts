import { quote } from '../shell/quote.ts'
import { changedPath, setPath } from './paths.ts'
import type { DirectoryResource, Kind } from './types.ts'

const ROOT = 'root:root'

export const directory: Kind<DirectoryResource> = {
  id: (want) => `directory ${want.path}`,
  touches: () => [],
  diff: (want, { facts }) => changedPath(facts.paths[want.path], { type: 'directory', mode: want.mode, owner: want.owner ?? ROOT }),
  script: (want) => `directory ${quote(want.path)} ${want.mode} ${want.owner ?? ROOT}\n`,
  after: (want, { facts }) => setPath(facts, want.path, { type: 'directory', mode: want.mode, owner: want.owner ?? ROOT }),
}
