import { quote } from '../shell/quote.ts'
import { dropPath } from './paths.ts'
import type { Kind, UnitAbsentResource } from './types.ts'
import { unitPath } from '../cluster/unit-path.ts'

export const unitAbsent: Kind<UnitAbsentResource> = {
  id: (want) => `unit-absent ${want.name}`,
  touches: (want) => [unitPath(want.name)],
  diff: (want, { facts }) => (facts.paths[unitPath(want.name)] ? { verb: 'remove', reason: want.reason } : undefined),
  script: (want) => `stop_unit ${quote(want.name)}\n`,
  after: (want, { facts }) => {
    const { [want.name]: _, ...units } = facts.units
    return { ...dropPath(facts, unitPath(want.name)), units }
  },
}
