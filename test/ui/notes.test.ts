import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { noteText } from '../../src/ui/notes.ts'
import { width } from '../../src/ui/width.ts'

describe('notes about sources', () => {
  test.each([
    [
      'source-failed files.m.daocloud.io kubelet HTTP 503 (given up)',
      'files.m.daocloud.io: kubelet: HTTP 503 (given up)',
      'files.m.daocloud.io：kubelet：HTTP 503（本次不再使用）',
    ],
    [
      'source-failed mirrors.aliyun.com apt:base bad signature (given up)',
      'mirrors.aliyun.com: apt source base: bad signature (given up)',
      'mirrors.aliyun.com：apt 源 base：签名无效（本次不再使用）',
    ],
    [
      'source-failed mirrors.aliyun.com apt:packages only 1.0 KB/s (given up)',
      'mirrors.aliyun.com: packages: only 1.0 KB/s (given up)',
      'mirrors.aliyun.com：软件包：仅 1.0 KB/s（本次不再使用）',
    ],
    [
      'source-failed m.daocloud.io pause silent for 60 s (given up)',
      'm.daocloud.io: pause: silent for 60 s (given up)',
      'm.daocloud.io：pause：60 秒内无数据（本次不再使用）',
    ],
    [
      'source-waits files.m.daocloud.io runc.amd64 10 60',
      'files.m.daocloud.io: runc.amd64: silent for 10 s, waited for up to 60 s',
      'files.m.daocloud.io：runc.amd64：已 10 秒无数据，最多等待 60 秒',
    ],
    ['source-failed x y something new', 'x: y: something new', 'x：y：something new'],
    ['anything else', 'anything else', 'anything else'],
  ])('%s', (note, en, zh) => {
    expect(noteText(note, 'en')).toBe(en)
    expect(noteText(note, 'zh')).toBe(zh)
  })

  test('every reason the scripts give has Chinese words', () => {
    const shell = ['fetch', 'apt', 'image-sources', 'images']
      .map((name) => readFileSync(new URL(`../../src/shell/${name}.sh`, import.meta.url), 'utf8'))
      .join('\n')
    const echoed = [...shell.matchAll(/(?:\becho|\berror=|\bslow=) ?(['"])([a-z][^'"$]*(?:\$[^'"]*)?)\1/g)].map(([, , text = '']) => text)
    const reasons = echoed.filter((text) => !/^(not asked again|apt-get update ended)/.test(text) && !text.startsWith('$'))
    expect(reasons.length).toBeGreaterThan(12)
    const plain = reasons.map((text) => text.replace(/\$\{?\w+\}?/g, '20'))
    expect(plain.filter((text) => noteText(`source-failed h t ${text}`, 'zh') === `h：t：${text}`)).toEqual([])
  })

  test('the longest common line fits a terminal', () => {
    for (const language of ['en', 'zh'] as const) {
      const line = noteText('source-failed files.m.daocloud.io kube-controller-manager expired certificate (given up)', language)
      expect(width(`[cp1] ${line}`), line).toBeLessThanOrEqual(84)
    }
    const usual = noteText('source-failed files.m.daocloud.io kube-controller-manager HTTP 503 (given up)', 'en')
    expect(width(`[cp1] note: ${usual}`)).toBeLessThanOrEqual(80)
  })
})
