import { describe, expect, test } from 'vitest'
import { lockKeys } from '../../../src/commands/lock/keys.ts'
import { SHIPPED_KEYS } from '../../../src/mirrors/keys/index.ts'
import type { Http } from '../../../src/net/http.ts'
import { setKeys } from '../../../src/releases/lock-text.ts'
import { keysOf, parseLock } from '../../../src/releases/pins.ts'
import type { Intent } from '../../../src/run/session.ts'
import { clusterOf } from '../../engine/scenarios.ts'

const AFTER = Date.parse('2027-01-15') / 1000
const LONG_BEFORE = Date.parse('2026-09-01') / 1000

const intentOf = (mirrors: string): Intent => {
  const { cluster, hosts } = clusterOf(
    `kubernetes_version: v1.36.4\nmirrors: ${mirrors}\nnodes:\n  - {address: 10.0.0.11, role: [control-plane, worker]}\n`,
  )
  return { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} }
}

/** Places by their URL; what is asked is kept. */
const places = (texts: Readonly<Record<string, string>>): Http & { asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    text: async (url) => {
      asked.push(url)
      return texts[url]
    },
    digest: () => expect.fail('no bytes are wanted'),
    why: () => undefined,
  }
}

describe('keys of repositories', () => {
  test('long before their end nobody is asked', async () => {
    const http = places({})
    expect(await lockKeys(intentOf('cn'), http, LONG_BEFORE)).toEqual({ keys: [], waiting: [] })
    expect(http.asked).toEqual([])
  })

  test('not extended yet: every mirror and upstream was asked, and what is there is not taken', async () => {
    const upstream = 'https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key'
    const http = places({ [upstream]: SHIPPED_KEYS.kubernetes.text })
    expect(await lockKeys(intentOf('cn'), http, AFTER)).toEqual({
      keys: [],
      waiting: [
        { name: 'kubernetes', ends: '2026-12-29', why: expect.objectContaining({ en: 'pkgs.k8s.io: upstream has not extended it yet' }) },
      ],
    })
    expect(http.asked).toEqual([
      'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/Release.key',
      'https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.36/deb/Release.key',
      'https://mirrors.ustc.edu.cn/kubernetes/core:/stable:/v1.36/deb/Release.key',
      upstream,
    ])
  })

  test("a stranger's key at a mirror is not taken, whoever delivers it", async () => {
    const http = places({ 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/Release.key': SHIPPED_KEYS.docker.text })
    const { keys, waiting } = await lockKeys(intentOf('cn'), http, AFTER)
    expect(keys).toEqual([])
    expect(waiting[0]?.why.en).toContain('mirrors.aliyun.com: its fingerprint is 9DC8')
  })
})

describe('cluster.lock.yml', () => {
  test('a key is written as a block, replaced as a whole, and read again', () => {
    const { text } = SHIPPED_KEYS.kubernetes
    const written = setKeys('version: 1\n', [{ name: 'kubernetes', text, because: 'from pkgs.k8s.io' }])
    expect(written).toContain('keys:\n  kubernetes: | # from pkgs.k8s.io\n    -----BEGIN PGP')
    const again = setKeys(written, [{ name: 'kubernetes', text, because: 'from elsewhere' }])
    expect(again).not.toContain('pkgs.k8s.io')
    const lock = parseLock(again, 'l')
    if ('what' in lock) throw new Error(lock.what.en)
    expect(keysOf(lock).kubernetes).toMatchObject({
      text,
      fingerprint: SHIPPED_KEYS.kubernetes.fingerprint,
      ends: SHIPPED_KEYS.kubernetes.ends,
    })
  })

  test('another key under its name is refused', () => {
    const wrong = setKeys('version: 1\n', [{ name: 'kubernetes', text: SHIPPED_KEYS.docker.text, because: 'by hand' }])
    expect(parseLock(wrong, 'l')).toMatchObject({
      what: { en: expect.stringContaining('keys.kubernetes: its fingerprint is 9DC8') },
      exit: 2,
    })
  })
})
