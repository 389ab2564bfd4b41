import { describe, expect, test } from 'vitest'
import { keepsQuorum, type MemberChange, quorumOf } from '../../src/cluster/quorum.ts'

const CHANGES: readonly MemberChange[] = ['restart', 'remove-healthy', 'remove-dead', 'add']
const SIZES = [1, 2, 3, 4, 5, 6, 7]

/** Members and how many of them are alive in the worst moment of a change, and when it is over; undefined where the change makes no sense. */
const moments = (members: number, healthy: number, change: MemberChange): readonly (readonly [number, number])[] | undefined => {
  switch (change) {
    case 'restart':
      return healthy > 0 ? [[members, healthy - 1]] : undefined
    case 'remove-healthy':
      return healthy > 0 && members > 1 ? [[members - 1, healthy - 1]] : undefined
    case 'remove-dead':
      return healthy < members ? [[members - 1, healthy]] : undefined
    case 'add':
      return [[members + 1, healthy + 1]]
  }
}

const majority = (members: number, alive: number): boolean => alive * 2 > members

describe('quorumOf', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ])('%i members need %i', (members, needed) => expect(quorumOf(members)).toBe(needed))
})

describe('keepsQuorum, for every size from 1 to 7, every number of healthy members and every change', () => {
  const rows = SIZES.flatMap((members) =>
    Array.from({ length: members + 1 }, (_, healthy) => healthy).flatMap((healthy) =>
      CHANGES.map((change) => [members, healthy, change] as const),
    ),
  )
  test.each(rows)('%i members, %i healthy: %s', (members, healthy, change) => {
    const worst = moments(members, healthy, change)
    // Without a majority before it, etcd takes no change at all. Where none can ever be spared, one may be away for its own restart.
    const lone = members <= 2 && change === 'restart' && healthy === members
    const safe = majority(members, healthy) && worst !== undefined && (lone || worst.every(([of, alive]) => majority(of, alive)))
    expect(keepsQuorum(members, healthy, change)).toBe(safe)
  })
})
