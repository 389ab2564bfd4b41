import { describe, expect, test } from 'vitest'
import { EXIT, type Problem } from '../../src/problem.ts'
import { problemsText, problemText } from '../../src/ui/problems.ts'
import { plainStyle } from './support.ts'

const name: Problem = {
  at: 'cluster.yml:3:11 nodes[0].hostname_override',
  what: { en: '"Web_1" is not a DNS-1123 subdomain.', zh: '"Web_1" 不是合法的 DNS-1123 子域名。' },
  fix: { en: 'Try "web-1".', zh: '请改为 "web-1"。' },
  severity: 'error',
  exit: EXIT.config,
}
const host: Problem = {
  at: 'root@10.0.0.11:22',
  what: { en: 'did not answer within 5 s', zh: '5 秒内没有响应' },
  fix: { en: 'Check the address', zh: '请检查地址' },
  severity: 'error',
  exit: EXIT.unreachable,
}
const small: Problem = {
  at: 'root@10.0.0.12:22',
  what: { en: 'has 1 GiB of memory', zh: '内存为 1 GiB' },
  fix: { en: 'Give it 2 GiB', zh: '请增加到 2 GiB' },
  severity: 'warning',
  exit: EXIT.unfit,
}

describe('problems', () => {
  test('one is one line: where, what, fix', () => {
    expect(problemText(name, 'en', plainStyle)).toBe(
      'cluster.yml:3:11 nodes[0].hostname_override: "Web_1" is not a DNS-1123 subdomain. Try "web-1".',
    )
    expect(problemText(name, 'zh', plainStyle)).toBe(
      'cluster.yml:3:11 nodes[0].hostname_override: "Web_1" 不是合法的 DNS-1123 子域名。请改为 "web-1"。',
    )
    expect(problemText(host, 'en', plainStyle)).toBe('root@10.0.0.11:22: did not answer within 5 s. Check the address.')
    expect(problemText({ ...host, what: { en: 'said\nno\x1b[2J', zh: '' } }, 'en', plainStyle)).toBe(
      'root@10.0.0.11:22: said\\x0ano\\x1b[2J. Check the address.',
    )
  })

  test('several stand errors first, with their number', () => {
    expect(problemsText([small, name, host], 'en', plainStyle)).toMatchInlineSnapshot(`
      "cluster.yml:3:11 nodes[0].hostname_override: "Web_1" is not a DNS-1123 subdomain. Try "web-1".
      root@10.0.0.11:22: did not answer within 5 s. Check the address.
      root@10.0.0.12:22: warning: has 1 GiB of memory. Give it 2 GiB.
      2 errors, 1 warning"
    `)
    expect(problemsText([small, name, host], 'zh', plainStyle)).toMatchInlineSnapshot(`
      "cluster.yml:3:11 nodes[0].hostname_override: "Web_1" 不是合法的 DNS-1123 子域名。请改为 "web-1"。
      root@10.0.0.11:22: 5 秒内没有响应。请检查地址。
      root@10.0.0.12:22: 警告：内存为 1 GiB。请增加到 2 GiB。
      2 个错误，1 个警告"
    `)
    expect(problemsText([small, small], 'en', plainStyle)).toMatch(/\n2 warnings$/)
    expect(problemsText([], 'en', plainStyle)).toBe('')
  })
})
