import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLUSTER_RECORD, recordText } from '../../src/cluster/identity.ts'
import { holdsEnough, type LockSet, lockSetOf } from '../../src/cluster/lock-set.ts'
import { quorumOf } from '../../src/cluster/quorum.ts'
import type { Member } from '../../src/cluster/types.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'

const member = (ip: string): Member =>
  ({ key: ip, ip, nodeName: ip, address: ip, roles: { controlPlane: true, etcd: true, worker: false } }) as unknown as Member

type Host = { data: boolean; record: readonly string[] | undefined; holder: number | undefined }

/** Hosts that run, or are about to run, one cluster. `parts`: which of them hear each other. */
class Truth {
  readonly hosts = new Map<string, Host>()
  members: readonly string[] = []
  down = false
  readonly parts: ReadonlyMap<string, number>
  constructor(parts: ReadonlyMap<string, number>) {
    this.parts = parts
    for (const name of parts.keys()) this.hosts.set(name, { data: false, record: undefined, holder: undefined })
  }
  of(name: string): Host {
    return this.hosts.get(name) ?? expect.fail(name)
  }
  /** Whether the etcd of this host answers through a quorum. */
  hears(name: string): boolean {
    const near = this.members.filter((other) => this.parts.get(other) === this.parts.get(name))
    return !this.down && this.members.includes(name) && near.length >= quorumOf(this.members.length)
  }
  look(seen: readonly string[]): World {
    const facts = (name: string): Facts => {
      const { data, record } = this.of(name)
      const text = record && recordText({ authorities: [], name: 'lab', etcd: record })
      return {
        machineId: name,
        etcdData: data,
        etcdMembers: this.hears(name)
          ? this.members.map((ip) => ({ id: ip, started: true, name: ip, peer: `https://${ip}:2380`, learner: false }))
          : [],
        paths: text === undefined ? {} : { [CLUSTER_RECORD]: { type: 'file', owner: 'root:root', text } },
      } as unknown as Facts
    }
    return Object.fromEntries(seen.map((name) => [name, facts(name)]))
  }
}

type Run = Readonly<{ file: readonly string[]; reaches: readonly string[]; leaves: string | undefined; crash: number }>

/** What a run does, a step at a time; between two steps any other run may do one. `inside` is told while the run holds the lock. */
function* running(truth: Truth, id: number, { file, reaches, leaves }: Run, inside: Set<number>): Generator<void> {
  const seen = file.filter((name) => reaches.includes(name))
  const members = file.map(member)
  try {
    const set = lockSetOf(members, truth.look(seen))
    yield
    const held = yield* taking(truth, id, set, seen)
    if (!held || !holdsEnough(set, held)) return
    // The hosts are looked at again under the lock: another run may have come and gone since the first look.
    if (!holdsEnough(lockSetOf(members, truth.look(seen)), held)) return
    const founds = seen.every((name) => !truth.of(name).data)
    if (founds && truth.members.length > 0) {
      // The cluster has moved on to other hosts: this run begins one of its own, which may touch none of the first.
      expect(file.filter((name) => truth.members.includes(name))).toEqual([])
      return
    }
    inside.add(id)
    expect([...inside]).toEqual([id])
    yield
    yield* working(truth, file, seen, leaves)
  } finally {
    inside.delete(id)
    for (const host of truth.hosts.values()) if (host.holder === id) host.holder = undefined
  }
}

function* taking(truth: Truth, id: number, { hosts }: LockSet, seen: readonly string[]): Generator<void, string[] | undefined> {
  const reached = hosts.filter((name) => seen.includes(name))
  for (const name of reached) {
    const host = truth.of(name)
    if (host.holder !== undefined) return undefined
    host.holder = id
    yield
  }
  return reached
}

/** Under the lock the hosts are looked at again: a member that the file does not name stops the run. */
function* working(truth: Truth, file: readonly string[], seen: readonly string[], leaves: string | undefined): Generator<void> {
  const heard = seen.some((name) => truth.hears(name))
  if (heard && !truth.members.every((name) => file.includes(name))) return
  for (const name of seen) {
    truth.of(name).record = file
    yield
  }
  const add = (names: readonly string[]): void => {
    truth.members = [...truth.members, ...names]
    for (const name of names) truth.of(name).data = true
  }
  if (truth.members.length === 0) {
    if (seen.length === file.length) add(file)
    return
  }
  for (const name of heard ? seen : []) {
    const hears = seen.some((one) => truth.hears(one) && truth.parts.get(one) === truth.parts.get(name))
    if (!hears || truth.members.includes(name)) continue
    add([name])
    yield
  }
  if (heard && leaves !== undefined && truth.members.length > 1 && truth.members.includes(leaves) && seen.some((one) => truth.hears(one))) {
    truth.members = truth.members.filter((name) => name !== leaves)
    if (seen.includes(leaves)) Object.assign(truth.of(leaves), { data: false, record: undefined })
    yield
  }
}

const NAMES = ['10.0.0.5', '10.0.0.1', '10.0.0.4', '10.0.0.2', '10.0.0.3']
const [FIRST = ''] = NAMES
const some = fc.subarray(NAMES.slice(1)).map((others) => [FIRST, ...others])
const RUN: fc.Arbitrary<Run> = fc.record({
  file: some,
  reaches: fc.subarray(NAMES),
  leaves: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  crash: fc.oneof(fc.constant(99), fc.integer({ min: 1, max: 40 })),
})

test('whatever two files say, whoever reaches whom, and wherever a run is cut off: never two runs have the lock', () => {
  let entered = 0
  fc.assert(
    fc.property(
      fc.array(RUN, { minLength: 2, maxLength: 8 }),
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: NAMES.length, maxLength: NAMES.length }),
      fc.array(fc.record({ run: fc.nat(7), times: fc.constantFrom(1, 1, 2, 3, 5, 8, 40) }), { minLength: 20, maxLength: 120 }),
      fc.integer({ min: 0, max: 3 }),
      (runs, parts, turns, founded) => {
        const truth = new Truth(new Map(NAMES.map((name, index) => [name, parts[index] ?? 0])))
        const founders = founded === 0 ? [] : NAMES.slice(0, founded)
        truth.members = founders
        for (const name of founders) Object.assign(truth.of(name), { data: true, record: founders })
        const inside = new Set<number>()
        const going = runs.map((run, id) => running(truth, id, run, inside))
        const steps = runs.map(() => 0)
        for (const at of turns.flatMap(({ run, times }) => Array.from({ length: times }, () => run % going.length))) {
          const one = going[at]
          steps[at] = (steps[at] ?? 0) + 1
          if ((steps[at] ?? 0) > (runs[at]?.crash ?? 0)) one?.return(undefined)
          else one?.next()
          entered += inside.size
        }
      },
    ),
    { numRuns: 5000 },
  )
  expect(entered).toBeGreaterThan(1000)
})

describe('two operators with different files, started together, while a cluster grows from 1 to 3', () => {
  const everybody = new Map(NAMES.map((name) => [name, 0]))
  test.each(Array.from({ length: 20 }, (_, index) => [index]))('%i: one of them is inside, and the other is told', (shift) => {
    const truth = new Truth(everybody)
    truth.members = [FIRST]
    Object.assign(truth.of(FIRST), { data: true, record: [FIRST] })
    const inside = new Set<number>()
    const files = [[FIRST], [FIRST, '10.0.0.1', '10.0.0.2']]
    const going = files.map((file, id) => running(truth, id, { file, reaches: NAMES, leaves: undefined, crash: 99 }, inside))
    const had = new Set<number>()
    for (let turn = 0; turn < 60; turn++) {
      going[(turn >> (shift % 4)) % 2 === shift % 2 ? 0 : 1]?.next()
      for (const id of inside) had.add(id)
    }
    expect(had.size).toBeGreaterThan(0)
  })
})

describe('what is locked', () => {
  const truthOf = (members: readonly string[], parts: readonly number[] = [0, 0, 0, 0, 0]): Truth => {
    const truth = new Truth(new Map(NAMES.map((name, index) => [name, parts[index] ?? 0])))
    truth.members = members
    for (const name of members) Object.assign(truth.of(name), { data: true, record: members })
    return truth
  }
  const setFor = (truth: Truth, file: readonly string[], seen: readonly string[]): LockSet => lockSetOf(file.map(member), truth.look(seen))

  test('on a first install every control plane of the file', () => {
    const set = setFor(truthOf([]), ['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['10.0.0.1', '10.0.0.2'])
    expect(holdsEnough(set, ['10.0.0.1', '10.0.0.2'])).toBe(false)
    expect(holdsEnough(set, ['10.0.0.1', '10.0.0.2', '10.0.0.3'])).toBe(true)
  })

  test('a member that the file does not name counts', () => {
    const truth = truthOf(['10.0.0.1', '10.0.0.2'])
    const set = setFor(truth, ['10.0.0.1'], ['10.0.0.1'])
    expect(set).toEqual({ hosts: ['10.0.0.1'], voters: ['10.0.0.1', 'https://10.0.0.2:2380'], needed: 2 })
  })

  test('a lone control plane whose etcd is down is enough, one that had fellows is not', () => {
    const enough = (members: readonly string[]): boolean => {
      const truth = truthOf(members)
      truth.down = true
      return holdsEnough(setFor(truth, ['10.0.0.3'], ['10.0.0.3']), ['10.0.0.3'])
    }
    expect(enough(['10.0.0.3'])).toBe(true)
    expect(enough(['10.0.0.3', '10.0.0.1', '10.0.0.2'])).toBe(false)
  })
})
