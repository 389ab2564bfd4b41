import { describe, expect, test } from 'vitest'
import { parseManifest } from '../../../src/commands/etcd/manifest.ts'
import type { Context } from '../../../src/cluster/types.ts'
import { restoreText } from '../../../src/commands/etcd/restore-text.ts'

const manifest = parseManifest('cluster=first\ntaken=2026-01-02T03:04:05Z\nrevision=700\nkeys=42\n')
const host = (nodeName: string, etcdData: boolean): Context => ({ member: { nodeName }, facts: { etcdData } }) as unknown as Context
const hosts = [host('cp1', true), host('cp2', false), host('cp3', true)]

describe('what a restore means', () => {
  test('the cluster, the backup, the members, and whose data are set aside', () => {
    expect(restoreText(manifest, hosts, { alive: false, prepared: false }, 'en').split('\n')).toEqual([
      'The cluster first becomes what it was at 2026-01-02T03:04:05Z (revision 700 of etcd, 42 keys).',
      'Members of etcd: cp1, cp2, cp3. What was made or changed since then is lost.',
      'What cp1, cp3 hold in etcd now is moved to /var/lib/etcd/before-... and kept.',
      'The API is away meanwhile; containers that run go on running.',
    ])
  })

  test.each(['en', 'zh'] as const)('%s: a second go does not claim to keep what the first one brought', (language) => {
    expect(restoreText(manifest, hosts, { alive: false, prepared: true }, language)).not.toContain('before-')
    expect(restoreText(manifest, hosts, { alive: false, prepared: false }, language)).toContain('before-')
  })

  test('an etcd that answers is said to', () => {
    expect(restoreText(manifest, hosts, { alive: true, prepared: false }, 'en')).toContain('etcd answers at this moment')
  })
})
