import type { NodeFact } from '../hosts/facts.ts'
import type { World } from './world.ts'

/** The Nodes as a control plane read them; undefined where none did: no list is not an empty one. */
export const nodesOf = (world: World): readonly NodeFact[] | undefined =>
  Object.values(world).find(({ nodeList, nodes }) => nodeList === 'read' || nodes.length > 0)?.nodes
