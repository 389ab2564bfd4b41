import { labelOf } from '../../config/hosts.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import type { Text } from '../../text.ts'
import type { Member } from '../../cluster/types.ts'

/** A host that, as it is, cannot become what cluster.yml says. */
export const unfit = (member: Member, what: Text, fix: Text): Problem => refusal(labelOf(member), what, fix, EXIT.unfit)

/** What a person should know of a host; it stops nothing. */
export const notice = (member: Member, what: Text, fix: Text): Problem => ({ ...unfit(member, what, fix), severity: 'warning' })
