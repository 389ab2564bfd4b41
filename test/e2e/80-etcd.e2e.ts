// etcd's worst days on three control planes: every member gone, the quorum gone, no space left. The backup storage is a real S3 service.
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  allReady,
  cut,
  ETCDCTL,
  engine,
  etcdctl,
  fresh,
  type HostName,
  installed,
  kubectl,
  LAB_KEY,
  lab,
  on,
  Operator,
  pause,
  restarted,
  units,
  until,
} from './lab.ts'

const PLANES = ['cp1', 'cp2', 'cp3'] as const
const STORAGE = 'https://10.77.0.5'

let operator: Operator
const identity = (): string => join(operator.dir, 'backup.key')

const members = async (host: HostName): Promise<string[]> =>
  (await etcdctl(host, 'member list'))
    .split('\n')
    .map((line) => line.split(', ')[2] ?? '')
    .sort()

beforeAll(async () => {
  await lab('s3')
  operator = new Operator('ha')
  operator.env = { S3_ACCESS: 'lab', S3_SECRET: 'lab/secret+key' }
  await installed(operator)
  copyFileSync(LAB_KEY.replace('id_ed25519', 's3-ca.crt'), join(operator.dir, 's3-ca.crt'))
  await operator.must('etcd', 'recipient', 'backup.key')
  operator.write((config) => {
    config.etcd_backup = {
      recipient: 'backup.key.pub',
      schedule: '*-*-* 03:30:00',
      retention: 2,
      directory: '/var/backups/slipway',
      s3: {
        endpoint: STORAGE,
        bucket: 'backups',
        prefix: 'etcd/',
        region: 'lab',
        access_key: 'env:S3_ACCESS',
        secret_key: 'env:S3_SECRET',
        ca_file: 's3-ca.crt',
      },
    }
  })
}, 900_000)

afterAll(() => lab('s3', 'down'))

let snapshot: string

test('etcd_backup in cluster.yml gives the control planes a timer, and restarts nothing', async () => {
  const before = await units('cp1')
  await operator.must('up', '--yes')
  expect(restarted(before, await units('cp1'))).toEqual([])
  for (const host of PLANES) expect(await on(host, 'systemctl is-active slipway-etcd-backup.timer')).toBe('active')
  expect(await on('w1', 'ls /etc/systemd/system | grep -c slipway-etcd-backup || true')).toBe('0')
  expect(statSync(identity()).mode & 0o777).toBe(0o600)
  await operator.nothingToDo()
})

test('the credentials of the storage are in one file, for root alone', async () => {
  expect(await on('cp1', 'grep -rlF lab/secret+key /etc /var/lib/slipway /var/backups 2>/dev/null')).toBe('/etc/slipway/etcd-backup/s3.key')
  expect(await on('cp1', 'stat -c %a:%U /etc/slipway/etcd-backup/s3.key')).toBe('600:root')
  const { stdout, stderr } = await operator.run('plan', '-o', 'json')
  expect(stdout + stderr).not.toContain('lab/secret+key')
})

/** What lies in the bucket, asked of the service itself. */
const storage = async (): Promise<string[]> => (await engine('exec', 'slipway-lab-storage', 'ls', '/data/backups/etcd')).trim().split('\n')

test('when the timers elapse, one control plane acts; the storage and the directory keep the two newest', async () => {
  for (let run = 0; run < 3; run++) {
    await Promise.all(PLANES.map((host) => on(host, 'systemctl start slipway-etcd-backup.service', 120)))
    await pause(1100)
  }
  const count = (script: string): Promise<number[]> => Promise.all(PLANES.map(async (host) => Number(await on(host, script))))
  const written = await count('journalctl -u slipway-etcd-backup -o cat | grep -c ^written || true')
  expect(written.reduce((sum, one) => sum + one)).toBe(3)
  for (const kept of await count('ls /var/backups/slipway 2>/dev/null | wc -l')) expect(kept).toBeLessThanOrEqual(2)
  expect(await storage()).toHaveLength(2)
})

test('a backup now says where it is', async () => {
  await kubectl('create secret generic before --from-literal=word=treasure')
  await kubectl('create configmap before --from-literal=a=b')
  await kubectl(
    'create -f - <<EOF\n{"apiVersion":"v1","kind":"Node","metadata":{"name":"ghost","annotations":{"slipway/managed":"{}"}}}\nEOF',
  )
  const { stdout } = await operator.must('etcd', 'snapshot', '-o', 'json')
  const said = JSON.parse(stdout) as { places: string[]; cluster: string; revision: string }
  snapshot = said.places.find((place) => place.startsWith('s3://backups/etcd/lab-')) ?? ''
  expect(snapshot).not.toBe('')
  expect(said.cluster).toBe('lab')
  expect(await storage()).toContain(snapshot.split('/').at(-1))
})

test('a file for this machine needs no section in cluster.yml', async () => {
  await operator.must('etcd', 'snapshot', 'own.tar', '--recipient', 'backup.key.pub')
  expect(statSync(join(operator.dir, 'own.tar')).mode & 0o777).toBe(0o600)
  expect(await on('cp1', 'ls /var/lib/slipway/outgoing 2>/dev/null || true')).toBe('')
})

test('a restore over a living etcd is refused', async () => {
  await kubectl('delete node ghost')
  const { exit, stderr } = await operator.run('etcd', 'restore', snapshot, '--identity', 'backup.key', '--confirm', 'lab')
  expect(exit).toBe(3)
  expect(stderr).toContain('its etcd answers')
})

test('etcd destroyed on all members: three fresh hosts, one command, and the objects are there', async () => {
  await kubectl('create configmap after --from-literal=a=b')
  await fresh(...PLANES)
  const { exit, stderr } = await operator.start('etcd', 'restore', snapshot, '--identity', 'backup.key', '--confirm', 'lab').ended
  expect(exit, stderr).toBe(0)
  expect(await kubectl(`get secret before -o jsonpath='{.data.word}'`)).toBe(Buffer.from('treasure').toString('base64'))
  expect(await kubectl(`get configmap before -o jsonpath='{.data.a}'`)).toBe('b')
  expect(await kubectl('get configmap after --ignore-not-found')).toBe('')
  for (const host of PLANES) expect(await members(host)).toEqual([...PLANES])
}, 900_000)

test('the nodes rejoined, and the one that is not in cluster.yml is gone', async () => {
  await allReady('cp2')
  expect(await kubectl('get node ghost --ignore-not-found')).toBe('')
})

test('the restored cluster is a whole one: nothing is left to do, a Deployment scales, nothing of the restore stays behind', async () => {
  await operator.nothingToDo()
  await kubectl('-n kube-system scale deployment coredns --replicas=3')
  await kubectl('-n kube-system rollout status deployment coredns --timeout=90s', 120)
  for (const host of PLANES) expect(await on(host, 'ls -d /etc/slipway/restore.env /var/lib/slipway/restore 2>/dev/null || true')).toBe('')
  await operator.must('up', '--yes')
})

test('a restore killed in the middle is refused by nobody: the same command goes on', async () => {
  for (const host of PLANES) await on(host, 'systemctl stop etcd; rm -rf /var/lib/etcd/member')
  const first = operator.start('etcd', 'restore', 'own.tar', '--identity', 'backup.key', '--confirm', 'lab', '-o', 'json')
  await first.line((line) => line.includes('"change-begin"') && line.includes('etcd-restore'))
  first.kill('SIGKILL')
  await first.ended
  const { stderr } = await operator.must('etcd', 'restore', 'own.tar', '--identity', 'backup.key', '--confirm', 'lab')
  expect(stderr, 'what the first go brought is nothing that is kept').not.toContain('/var/lib/etcd/before-')
  expect(await kubectl(`get secret before -o jsonpath='{.data.word}'`)).toBe(Buffer.from('treasure').toString('base64'))
  await allReady('cp1')
  await operator.nothingToDo()
}, 900_000)

test('the quorum lost: the surviving member goes on alone, and fresh hosts join it by the next up', async () => {
  await kubectl('create configmap survives --from-literal=a=b')
  await cut('cp2')
  await cut('cp3')
  const early = await operator.run('etcd', 'recover', 'cp9', '--confirm', 'lab')
  expect(early.exit).toBe(2)
  const { exit, stderr } = await operator.start('etcd', 'recover', 'cp1', '--confirm', 'lab').ended
  expect(exit, stderr).toBe(0)
  await until('the API answers on cp1', 60, async () => (await kubectl('get configmap survives').catch(String)).includes('survives'))
  expect(await members('cp1')).toEqual(['cp1'])
  expect(await on('cp1', 'ls /run/systemd/system/etcd.service.d 2>/dev/null || true; systemctl is-enabled etcd')).toBe('enabled')
  await fresh('cp2', 'cp3')
  await operator.must('up', '--yes')
  for (const host of PLANES) expect(await members(host)).toEqual([...PLANES])
  await allReady('cp3')
  await operator.nothingToDo()
}, 900_000)

test('no space left: said with the way out, and defrag gives it back, one member at a time', async () => {
  await operator.write((config) => {
    config.services = { etcd: { extra_args: { 'quota-backend-bytes': '41943040' } } }
  })
  await operator.must('up', '--yes')
  // Written and compacted away: the file stays as large as it was.
  await on(
    'cp1',
    `e() { ${ETCDCTL} "$@"; }
    head -c 1000000 /dev/zero | tr '\\0' x >/tmp/blob
    for n in $(seq 60); do e put /slipway-test/blob </tmp/blob >/dev/null 2>&1 || break; done
    rev=$(e endpoint status -w json | grep -o '"revision":[0-9]*' | head -1 | cut -d: -f2)
    e compact --physical "$rev" >/dev/null
    e alarm list`,
    120,
  )
  expect(await etcdctl('cp1', 'alarm list')).toContain('NOSPACE')
  const status = await operator.run('status')
  expect(status.stderr).toContain('the NOSPACE alarm is on')
  expect(status.stderr).toContain('slipway etcd defrag')
  const check = await operator.run('check')
  expect(check.stderr).toContain('the NOSPACE alarm is on')
  const { stdout } = await operator.must('etcd', 'defrag', '-o', 'json')
  const { members: rows, disarmed } = JSON.parse(stdout) as {
    members: { done: boolean; before: number; after: number }[]
    disarmed: boolean
  }
  expect(rows).toHaveLength(3)
  for (const { done, before, after } of rows) {
    expect(done).toBe(true)
    expect(after).toBeLessThan(before / 2)
  }
  expect(disarmed).toBe(true)
  expect(await etcdctl('cp1', 'alarm list')).toBe('')
  expect((await operator.run('status')).stderr).not.toContain('NOSPACE')
  await etcdctl('cp1', 'del /slipway-test/blob')
}, 900_000)
