import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/engine/events.ts'
import { failureText } from '../../src/ui/failure-text.ts'
import { created } from './support.ts'

const change = created('10.0.0.11').at(-1)
const failure: Failure = {
  host: '10.0.0.11',
  label: 'root@10.0.0.11:22',
  ...(change ? { change } : {}),
  exit: 1,
  lines: ['kube-apiserver: did not become ready within 60 s', 'Error: "--etcd-servers" is required\\x1b[0m'],
}
const context = { logPath: '/home/me/.local/state/slipway/lab/2026-01-01T000000.000Z.log', again: 'slipway up -f cluster.yml' }

describe('a failure', () => {
  test('says where, at what, how, and how to go on', () => {
    expect(failureText(failure, { ...context, language: 'en' })).toMatchInlineSnapshot(`
      "root@10.0.0.11:22: kube-apiserver: start unit kube-apiserver failed with exit code 1.
      The last 2 lines it printed:
        | kube-apiserver: did not become ready within 60 s
        | Error: "--etcd-servers" is required\\x1b[0m
      Whole log: /home/me/.local/state/slipway/lab/2026-01-01T000000.000Z.log
      To go on from here: slipway up -f cluster.yml"
    `)
    expect(failureText(failure, { ...context, language: 'zh' })).toMatchInlineSnapshot(`
      "root@10.0.0.11:22: kube-apiserver：启动服务 kube-apiserver 失败，退出码 1。
      最后 2 行输出：
        | kube-apiserver: did not become ready within 60 s
        | Error: "--etcd-servers" is required\\x1b[0m
      完整日志：/home/me/.local/state/slipway/lab/2026-01-01T000000.000Z.log
      排除原因后从此处继续：slipway up -f cluster.yml"
    `)
  })

  test('before the first change, without a word', () => {
    const early = { host: 'h', label: 'root@h:22', exit: 128, lines: [] }
    expect(failureText(early, { ...context, language: 'en' })).toMatch(
      /^root@h:22: the script failed before its first change with exit code 128\.\nIt printed nothing\.\n/,
    )
    expect(failureText(early, { ...context, language: 'zh' })).toMatch(/^root@h:22: 脚本在开始更改之前失败，退出码 128。\n没有任何输出。\n/)
  })

  test('shows the last 20 lines', () => {
    const lines = Array.from({ length: 25 }, (_, at) => `line ${at + 1}`)
    const text = failureText({ ...failure, lines }, { ...context, language: 'en' })
    expect(text).toContain('The last 20 lines it printed:\n  | line 6\n')
    expect(text).not.toContain('line 5\n')
  })
})
