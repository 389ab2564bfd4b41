import { membersOf } from '../engine/members.ts'
import type { Context } from '../steps/types.ts'
import type { Session } from './session.ts'

/** What steps decide by, for every host that was seen. */
export const contextsOf = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Context[] => {
  const members = membersOf(intent.hosts, world)
  return members.flatMap((member) => {
    const facts = world[member.key]
    return facts ? [{ ...intent.cluster, member, facts, members, world }] : []
  })
}

/** A host for people: "root@10.0.0.11:22". */
export const labelOf = ({ member }: Context): string => `${member.user}@${member.address}:${member.port}`
