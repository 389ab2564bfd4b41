import { membersOf } from '../cluster/members.ts'
import { contextsOf as contextsFor } from '../engine/plan.ts'
import type { Context } from '../cluster/types.ts'
import type { Session } from './session.ts'

/** What steps decide by, for every host that was seen. */
export const contextsOf = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Context[] =>
  contextsFor(intent.cluster, membersOf(intent.hosts, world), world)
