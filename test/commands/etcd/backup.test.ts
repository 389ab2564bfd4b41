import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEnvelope } from '../../../src/commands/etcd/recipient.ts'
import { parseTaken } from '../../../src/commands/etcd/snapshot.ts'
import { lookScript, openScript, parseSecrets, receiveScript } from '../../../src/commands/etcd/staging.ts'
import { membersOf } from '../../../src/cluster/members.ts'
import { SECRET_PATHS } from '../../../src/resources/secrets.ts'
import { backupScript, type Task, scheduled } from '../../../src/steps/etcd-backup.ts'
import type { Context } from '../../../src/cluster/types.ts'
import { clusterOf, scenarioNamed } from '../../engine/scenarios.ts'
import { type Sandbox, sandbox } from '../../resources/sandbox.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const keys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 3072,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
const [ours, others] = [keys(), keys()]

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const members = membersOf(hosts, world)
const [member] = members
const facts = world[member?.key ?? '']
if (!member || !facts) throw new Error('no host')
const context: Context = { ...cluster, member, facts, members, world }

const task: Task = { turn: 'always', recipient: ours.publicKey, directory: '/var/lib/backups', local: true, keep: 0 }
const PATHS = Object.values(SECRET_PATHS).flat()
const SNAPSHOT = 'what etcd holds\n'.repeat(5000)

/** etcd's tools, as far as a backup asks them. */
const etcdctl = (leader: string, size = 1000): string => `#!/bin/sh
case "$*" in
*"endpoint status"*) printf '"MemberID" : 7\\n"Leader" : ${leader}\\n"DBSize" : ${size}\\n' ;;
*"snapshot save"*) for last; do :; done; cat "$0.db" >"$last" ;;
*) exit 9 ;;
esac
`
const ETCDUTL = `#!/bin/sh\nprintf '"Hash" : 1\\n"Revision" : 42\\n"Keys" : 3\\n"Size" : ${SNAPSHOT.length}\\n'\n`

let host: Sandbox
beforeEach(() => {
  host = sandbox()
  for (const path of PATHS) host.write(path.slice(1), `the text of ${path}\n`)
  tools('7')
})
afterEach(() => host.remove())

const tools = (leader: string, size?: number): void => {
  host.write('opt/slipway/etcd/3.6.14/etcdctl', etcdctl(leader, size))
  host.write('opt/slipway/etcd/3.6.14/etcdutl', ETCDUTL)
  host.write('opt/slipway/etcd/3.6.14/etcdctl.db', SNAPSHOT)
  for (const name of ['etcdctl', 'etcdutl']) chmodSync(host.path(`opt/slipway/etcd/3.6.14/${name}`), 0o755)
}

const sh = (script: string, input?: Buffer) => {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', host.moved(script)], { input, encoding: 'utf8' })
  return { status, stdout: stdout.replaceAll(host.root, ''), stderr: stderr.replaceAll(host.root, '') }
}
const take = (given: Partial<Task> = {}) => sh(backupScript(context, { ...task, ...given }))
const said = (output: string, name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(output)?.[1] ?? ''

describe('a backup', () => {
  const taken = () => {
    const { status, stdout, stderr } = take()
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const found = parseTaken(stdout)
    if (!found) throw new Error(stdout)
    return { ...found, bytes: readFileSync(host.path(found.path.slice(1))) }
  }

  test('gives back, to the holder of the private key, what went into it', () => {
    const backup = taken()
    expect(backup.manifest).toMatchObject({
      format: '1',
      cluster: 'small',
      kubernetes: 'v1.36.3',
      revision: '42',
      keys: '3',
      service_cidr: '10.96.0.0/12',
    })
    expect(sha256(backup.bytes)).toBe(backup.sha256)
    expect(sh(receiveScript(backup.sha256), backup.bytes)).toMatchObject({ status: 0, stderr: '' })
    const looked = sh(lookScript())
    const envelope = openEnvelope(Buffer.from(said(looked.stdout, 'envelope'), 'base64'), createPrivateKey(ours.privateKey))
    if (!envelope) throw new Error(looked.stderr)
    expect(sha256(Buffer.from(said(looked.stdout, 'manifest'), 'base64'))).toBe(envelope.manifest)
    const opened = sh(openScript(envelope.key, envelope.payload, 1000))
    expect(opened).toMatchObject({ status: 0, stderr: '' })
    // The sandbox moves paths that a script names; these come from the archive, where they have the sandbox in front.
    expect(parseSecrets(opened.stdout)).toEqual(Object.fromEntries(PATHS.map((path) => [path, `the text of ${path}\n`])))
    expect(host.read('var/lib/slipway/restore/etcd.db')).toBe(SNAPSHOT)
  })

  test('taken while a CA is exchanged holds its next value too', () => {
    host.write('etc/kubernetes/pki/ca-next.key', 'the next key\n')
    const backup = taken()
    sh(receiveScript(backup.sha256), backup.bytes)
    const envelope = openEnvelope(Buffer.from(said(sh(lookScript()).stdout, 'envelope'), 'base64'), createPrivateKey(ours.privateKey))
    const secrets = parseSecrets(sh(openScript(envelope?.key ?? '', envelope?.payload ?? '', 1000)).stdout)
    expect(secrets?.['/etc/kubernetes/pki/ca-next.key']).toBe('the next key\n')
    expect(Object.keys(secrets ?? {})).toHaveLength(PATHS.length + 1)
  })

  test('is nothing but noise without it', () => {
    const { bytes } = taken()
    expect(bytes.includes('what etcd holds')).toBe(false)
    expect(bytes.includes('the text of')).toBe(false)
    sh(receiveScript(sha256(bytes)), bytes)
    expect(
      openEnvelope(Buffer.from(said(sh(lookScript()).stdout, 'envelope'), 'base64'), createPrivateKey(others.privateKey)),
    ).toBeUndefined()
  })

  test('leaves nothing else behind, and can be read by root alone', () => {
    const { path } = taken()
    expect(host.mode(path.slice(1))).toBe('0600')
    expect(host.list('var/lib/backups').filter((name) => name !== '.lock')).toEqual([path.split('/').at(-1)])
    expect(host.list('run').filter((name) => name.includes('backup'))).toEqual(['slipway/etcd-backup.lock'])
  })

  test('with one bit changed in its payload is refused', () => {
    const { bytes } = taken()
    sh(receiveScript(sha256(bytes)), bytes)
    const envelope = openEnvelope(Buffer.from(said(sh(lookScript()).stdout, 'envelope'), 'base64'), createPrivateKey(ours.privateKey))
    const changed = Buffer.from(bytes)
    // The payload is the last member; before the padding of the archive there is its text.
    const last = changed.length - 10240
    changed[Math.max(last, bytes.indexOf('Salted__') + 40)] = (changed[Math.max(last, bytes.indexOf('Salted__') + 40)] ?? 0) ^ 1
    sh(receiveScript(sha256(changed)), changed)
    const opened = sh(openScript(envelope?.key ?? '', envelope?.payload ?? '', 1000))
    expect(opened.status).toBe(1)
    expect(opened.stderr).toContain('the payload is not the one that was sealed')
    expect(host.exists('var/lib/slipway/restore/etcd.db')).toBe(false)
  })

  test('that did not arrive whole is refused, and the next try goes on', () => {
    const { bytes, sha256: want } = taken()
    expect(sh(receiveScript(want), bytes.subarray(0, 5000))).toMatchObject({ status: 1, stderr: 'the backup did not arrive whole\n' })
    expect(sh(receiveScript(want), bytes).status).toBe(0)
  })

  test('of something else is none', () => {
    const bytes = Buffer.from('no archive at all')
    sh(receiveScript(sha256(bytes)), bytes)
    expect(sh(lookScript()).status).toBe(1)
  })

  test('without one of the keys is not made', () => {
    host.write('etc/kubernetes/encryption.yaml', '')
    spawnSync('rm', [host.path('etc/kubernetes/encryption.yaml')])
    const { status, stderr } = take()
    expect(status).toBe(1)
    expect(stderr).toContain('/etc/kubernetes/encryption.yaml is missing')
    expect(host.list('var/lib/backups').filter((name) => name !== '.lock')).toEqual([])
  })

  test('does not begin where there is no room for it', () => {
    tools('7', 2 ** 50)
    expect(take()).toMatchObject({ status: 1, stderr: expect.stringMatching(/MiB free; \d+ MiB are needed/) })
  })
})

describe('whose turn it is', () => {
  test('the leader of etcd acts', () => expect(take({ turn: 'leader' }).stdout).toContain('written'))
  test('a follower does not', () => {
    tools('8')
    expect(take({ turn: 'leader' })).toEqual({ status: 0, stdout: "another control plane's turn\n", stderr: '' })
    expect(host.exists('var/lib/backups')).toBe(false)
  })

  test('by the lease: its holder acts, another does not, and who cannot ask says so instead of leaving it to others', () => {
    // admin.conf lives for a year only, and the timer goes on without anybody (docs/adr/0015-lifetimes-and-exchanges.md).
    const asked = `case "$*" in *admin.conf*) return 1 ;; *"--kubeconfig /etc/kubernetes/controller-manager.conf "*) ;; *) return 1 ;; esac; [ "$KUBECACHEDIR" = /run/slipway-etcd-backup/kubectl ] || return 1`
    const held = (kubectl: string) => sh(`timeout() { ${asked}; ${kubectl}; }\n${backupScript(context, { ...task, turn: 'lease' })}`)
    expect(held('printf %s_1 "$(hostname)"').stdout).toContain('written')
    expect(held('printf elsewhere_1')).toEqual({ status: 0, stdout: "another control plane's turn\n", stderr: '' })
    expect(held('return 1')).toEqual({ status: 1, stdout: '', stderr: 'the API server does not say whose turn it is\n' })
  })

  test.each<[string, string[], Task['turn']]>([
    ['every control plane holds etcd and nothing else does', ['control-plane', 'control-plane', 'worker'], 'leader'],
    ['a worker holds etcd too, and may lead it', ['control-plane, etcd', 'control-plane, etcd', 'worker, etcd'], 'lease'],
    ['one control plane is without etcd', ['control-plane, etcd', 'control-plane', 'worker'], 'lease'],
    ['etcd has hosts of its own', ['control-plane', 'control-plane', 'etcd'], 'lease'],
  ])('%s: one rule for all control planes', (_, roles, turn) => {
    const nodes = roles.map((role, index) => `  - {address: 10.0.0.1${index}, role: [${role}]}\n`).join('')
    const { cluster: own, hosts: machines } = clusterOf(`cluster_name: x\nkubernetes_version: v1.36.3\nnodes:\n${nodes}`)
    const etcd_backup = { recipient: 'b.pub', schedule: 'daily', retention: 7 }
    const all = membersOf(machines, {})
    const planes = all.filter((one) => one.roles.controlPlane)
    const turns = planes.map((one) =>
      scheduled({ ...context, ...own, config: { ...own.config, etcd_backup }, member: one, members: all, world: {} }),
    )
    expect(turns.map((one) => one?.turn)).toEqual(planes.map(() => turn))
  })
})

describe('while another one is being written', () => {
  let other: ChildProcess | undefined
  afterEach(() => other?.kill())

  /** Another run, which has the lock for as long as `work` takes. */
  const writing = async (lock: string, work: string): Promise<void> => {
    host.write(lock, '')
    const holder = spawn('flock', ['-F', host.path(lock), 'sh', '-c', `echo holds; ${host.moved(work)}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    other = holder
    await new Promise((resolve) => holder.stdout.once('data', resolve))
  }
  const endless = 'exec sleep 600'
  const impatient = (given: Partial<Task> = {}) => sh(backupScript(context, { ...task, ...given }).replace('PATIENCE=600', 'PATIENCE=1'))

  test.each([
    ['to the same directory', 'var/lib/backups/.lock', 'var/lib/backups/.part/theirs'],
    ['on the same host', 'run/slipway/etcd-backup.lock', 'run/slipway-etcd-backup/theirs'],
  ])('%s, the next one waits, and clears nothing away before', async (_, lock, theirs) => {
    host.write(theirs, '')
    await writing(lock, `sleep 1; cp /${theirs} /etc/slipway-seen`)
    expect(take()).toMatchObject({ status: 0, stdout: expect.stringContaining('written') })
    expect(host.exists('etc/slipway-seen')).toBe(true)
  })

  test('who has no turn does not wait, and leaves it alone', async () => {
    host.write('var/lib/backups/.part/theirs', '')
    await writing('var/lib/backups/.lock', endless)
    tools('8')
    expect(impatient({ turn: 'leader' })).toEqual({ status: 0, stdout: "another control plane's turn\n", stderr: '' })
    expect(host.exists('var/lib/backups/.part/theirs')).toBe(true)
  })

  test('the next one does not wait for ever, and leaves it alone', async () => {
    host.write('var/lib/backups/.part/theirs', '')
    await writing('var/lib/backups/.lock', endless)
    expect(impatient()).toMatchObject({ status: 1, stderr: expect.stringMatching(/\/var\/lib\/backups for more than 1 s/) })
    expect(host.exists('var/lib/backups/.part/theirs')).toBe(true)
    expect(host.exists('run/slipway-etcd-backup')).toBe(false)
  })
})

test('of the old ones only the newest are kept, and nothing that is not ours is touched', () => {
  const old = ['small-20200101T000000Z.tar', 'small-20210101T000000Z.tar', 'small-20220101T000000Z.tar']
  for (const name of [...old, 'other-20200101T000000Z.tar', 'small-notes.tar']) host.write(`var/lib/backups/${name}`, '')
  const path = parseTaken(take({ keep: 2 }).stdout)?.path ?? ''
  expect(host.list('var/lib/backups').filter((name) => name !== '.lock')).toEqual(
    ['other-20200101T000000Z.tar', 'small-20220101T000000Z.tar', path.split('/').at(-1), 'small-notes.tar'].sort(),
  )
})
