import type { Facts } from '../hosts/facts.ts'

/** What was seen of every host that answered, by the host's key. A host that did not answer is absent. */
export type World = Readonly<Record<string, Facts>>
