import { describe, expect, test } from 'vitest'
import { defragOrder } from '../../src/commands/etcd/defrag.ts'
import { membersOf } from '../../src/cluster/members.ts'
import { plan } from '../../src/engine/plan.ts'
import type { EtcdFact, Facts } from '../../src/hosts/facts.ts'
import { BACKUP_UNIT } from '../../src/steps/etcd-backup.ts'
import { worthDefragmenting } from '../../src/steps/etcd-health.ts'
import { scenarioNamed } from './scenarios.ts'
import { converge } from './support.ts'

const { cluster, hosts, world } = scenarioNamed('three-planes-none')
const installed = converge(cluster, hosts, world).world
const MIB = 1024 * 1024
const GIB = 1024 * MIB

const etcd = (given: Partial<EtcdFact> = {}): EtcdFact => ({
  leader: false,
  size: 100 * MIB,
  inUse: 90 * MIB,
  quota: 2 * GIB,
  alarms: [],
  ...given,
})
const member = (ip: string) => ({ id: ip, started: true, name: ip, peer: `https://${ip}:2380`, learner: false })

const said = (changed: Readonly<Record<string, Partial<Facts>>>) => {
  const seen = Object.fromEntries(Object.entries(installed).map(([key, facts]) => [key, { ...facts, ...changed[key] }]))
  return plan(cluster, hosts, seen).problems.map(({ at, severity, exit, what, fix }) => `${severity} ${exit} ${at}: ${what.en}. ${fix.en}`)
}

describe('the file of etcd', () => {
  test.each<[string, Partial<EtcdFact>, RegExp | undefined]>([
    ['small', {}, undefined],
    [
      'near its quota, and most of it free',
      { size: 1.9 * GIB, inUse: 0.2 * GIB },
      /warning 3 .*1946 MiB of 2048 MiB \(205 MiB in use\).*slipway etcd defrag/,
    ],
    ['near its quota, and in use', { size: 1.9 * GIB, inUse: 1.85 * GIB }, /warning .*quota-backend-bytes: "4294967296".*slipway up/],
    [
      'full, with the alarm, and most of it free',
      { size: 2 * GIB, inUse: GIB, alarms: ['NOSPACE'] },
      /takes no writes: the NOSPACE alarm is on.*`slipway etcd defrag` gives/,
    ],
    [
      'full of what is in use',
      { size: 2 * GIB, inUse: 2 * GIB - MIB, alarms: ['NOSPACE'] },
      /NOSPACE.*`slipway etcd defrag` drops the history.*not enough: Raise/,
    ],
    ['small again, with the alarm still on', { size: 0.2 * GIB, inUse: 0.2 * GIB, alarms: ['NOSPACE'] }, /NOSPACE.*clears the alarm/],
  ])('%s', (_, given, expected) => {
    const problems = said({ '10.0.0.11': { etcd: etcd(given) } })
    if (expected) expect(problems.join('\n')).toMatch(expected)
    else expect(problems).toEqual([])
  })

  test.each([
    [100 * MIB, 90 * MIB, false],
    [100 * MIB, 80 * MIB, true],
    [20 * MIB, 2 * MIB, true],
    [GIB, GIB - 50 * MIB, false],
  ])('%d bytes with %d in use: worth defragmenting is %s', (size, inUse, worth) => expect(worthDefragmenting({ size, inUse })).toBe(worth))

  test('the leader is the last to be defragmented', () => {
    const members = membersOf(hosts, installed).slice(0, 3)
    for (const leader of members) {
      const contexts = members.map((one) => ({
        member: one,
        facts: { ...(installed[one.key] as Facts), etcd: etcd({ leader: one.key === leader.key }) },
      }))
      expect(defragOrder(contexts).at(-1)?.member.key).toBe(leader.key)
    }
  })
})

describe('data of a member that the others do not know', () => {
  const others = { etcd: etcd(), etcdMembers: [member('10.0.0.11'), member('10.0.0.12')] }
  test('stop a run, with the way out', () => {
    expect(
      said({ '10.0.0.11': others, '10.0.0.12': others, '10.0.0.13': { etcdData: true, etcdMembers: [member('10.0.0.13')] } }).join('\n'),
    ).toMatch(
      /error 3 root@10.0.0.13:22: its etcd data are of a cluster that goes on without it.*slipway reset --limit cp3 --confirm large/,
    )
  })
  test('of one that is listed are no matter', () => {
    const all = { ...others, etcdMembers: [...others.etcdMembers, member('10.0.0.13')] }
    expect(said({ '10.0.0.11': all, '10.0.0.12': all, '10.0.0.13': { ...all, etcdData: true } })).toEqual([])
  })
  test('are not spoken of while nobody answers', () => {
    const silent = { etcd: etcd(), etcdMembers: [] }
    const problems = said({ '10.0.0.11': silent, '10.0.0.12': silent, '10.0.0.13': { etcdData: true, etcdMembers: [member('10.0.0.13')] } })
    expect(problems.filter((line) => line.includes('goes on without it'))).toEqual([])
  })
})

test('a backup that failed the last time is said, with where to look', () => {
  expect(said({ '10.0.0.12': { timers: { [BACKUP_UNIT]: { active: true, enabled: true, result: 'exit-code' } } } }).join('\n')).toMatch(
    /warning 3 root@10.0.0.12:22: its last backup of etcd failed \(exit-code\).*journalctl -u slipway-etcd-backup/,
  )
})
