import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/engine/change.ts'
import type { Ask } from '../../src/hosts/transport.ts'
import type { Language } from '../../src/text.ts'
import { languageOf } from '../../src/ui/language.ts'
import { actionText } from '../../src/ui/names.ts'
import { confirmPlan, createAsk, isInterrupted } from '../../src/ui/prompt.ts'
import { createStyle, width } from '../../src/ui/style.ts'
import { table } from '../../src/ui/table.ts'
import { chop, trimTo, wrap } from '../../src/ui/width.ts'

test.each([
  [{ LANG: 'zh_CN.UTF-8' }, undefined, 'zh'],
  [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, undefined, 'en'],
  [{ LANG: 'zh_CN.UTF-8', LC_MESSAGES: 'en_GB.UTF-8' }, undefined, 'en'],
  [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_TW.UTF-8', LC_ALL: '' }, undefined, 'zh'],
  [{ LANG: 'zh_CN.UTF-8' }, 'en', 'en'],
  [{}, 'zh', 'zh'],
  [{}, undefined, 'en'],
])('language of %o and --lang %s is %s', (env, flag, language) => {
  expect(languageOf(env, flag)).toBe(language)
})

describe('widths', () => {
  test.each([
    ['abc', 3],
    ['控制平面', 8],
    ['，。（', 6],
    ['e\u0301', 1],
    ['한글', 4],
    ['🚢', 2],
    ['\x1b[31mred\x1b[39m', 3],
    ['…', 1],
  ])('%s', (text, columns) => {
    expect(width(text)).toBe(columns)
  })

  test('wrapping keeps every word, and Chinese punctuation off the start of a line', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('主机名称，已经更改。', 8)).toEqual(['主机名', '称，已经', '更改。'])
    expect(wrap('/a/path/longer/than/that', 10)).toEqual(['/a/path/lo', 'nger/than/', 'that'])
    expect(chop('控制平面', 3)).toEqual(['控', '制', '平', '面'])
    expect(trimTo('控制平面 etcd', 9)).toBe('控制平...')
    expect(trimTo('short', 9)).toBe('short')
  })
})

test.each([
  ['unit etcd', { kind: 'unit', name: 'etcd', text: '', inputs: [], ready: '', within: 1 }, 'start', 'start unit etcd', '启动服务 etcd'],
  [
    'unit etcd',
    { kind: 'unit', name: 'etcd', text: '', inputs: [], ready: '', within: 1 },
    'restart',
    'restart unit etcd',
    '重启服务 etcd',
  ],
  ['packages socat', { kind: 'packages', names: ['socat'] }, 'create', 'install packages socat', '安装软件包 socat'],
  ['swap-off', { kind: 'swap-off' }, 'remove', 'remove swap', '移除交换分区'],
  ['verification /v', { kind: 'verification', path: '/v', text: '', script: '' }, 'start', 'run check /v', '执行检查 /v'],
  ['absent /etc/x', { kind: 'absent', path: '/etc/x', reason: { en: '', zh: '' } }, 'remove', 'remove file /etc/x', '移除文件 /etc/x'],
] as const)('%s, %o, %s', (id, want, verb, en, zh) => {
  const change: Change = { host: 'h', phase: 'p', step: 's', id, want, difference: { verb, reason: { en: '', zh: '' } } }
  expect([actionText(change, 'en'), actionText(change, 'zh')]).toEqual([en, zh])
})

test('a style that is off adds nothing', () => {
  expect(createStyle(false).red('x')).toBe('x')
  expect(createStyle(true).red('x')).toBe('\x1b[31mx\x1b[39m')
})

test('a table is aligned by columns, not by characters', () => {
  expect(
    table(
      ['名称', 'STATUS'],
      [
        ['cp1', 'Ready'],
        ['工作节点', '-'],
      ],
    ),
  ).toBe('名称      STATUS\ncp1       Ready\n工作节点  -\n')
})

const terminal = () => {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  return { input, output }
}

const askOn = (language: Language, place: ReturnType<typeof terminal>): Ask => createAsk(language, place) as Ask

/** Answers a question once it has been asked. */
const answer = async <T>(ask: (place: ReturnType<typeof terminal>) => Promise<T>, keys: string): Promise<{ value: T; shown: string }> => {
  const place = terminal()
  let shown = ''
  const asked = new Promise<void>((resolve) => {
    place.output.on('data', (chunk) => {
      shown += String(chunk)
      resolve()
    })
  })
  const value = ask(place)
  value.catch(() => {})
  await asked
  place.input.write(keys)
  return { value: await value, shown }
}

describe('questions', () => {
  test('there are none without a terminal', () => {
    expect(createAsk('en', { input: new PassThrough(), output: new PassThrough() })).toBeUndefined()
  })

  test('no is the answer unless somebody says yes', async () => {
    expect((await answer((place) => confirmPlan('en', place), '\n')).value).toBe(false)
    const { value, shown } = await answer((place) => confirmPlan('zh', place), 'y\n')
    expect(value).toBe(true)
    expect(shown).toContain('执行以上更改？')
  })

  test('a host key is shown', async () => {
    const { value, shown } = await answer((place) => askOn('en', place).confirmHostKey('root@h:22', 'ssh-ed25519', 'SHA256:abc'), 'yes\n')
    expect(value).toBe(true)
    expect(shown).toContain('The host key of root@h:22 is not known: ssh-ed25519 SHA256:abc.')
  })

  test('a password is not shown, and an empty one is none', async () => {
    const { value, shown } = await answer((place) => askOn('en', place).password('root@h:22'), 'hunter2\n')
    expect(value).toBe('hunter2')
    expect(shown).not.toContain('hunter2')
    expect((await answer((place) => askOn('zh', place).passphrase('/home/me/.ssh/id'), '\n')).value).toBeUndefined()
  })

  test('Ctrl-C is told from other errors', async () => {
    await expect(answer((place) => confirmPlan('en', place), '\u0003')).rejects.toSatisfy(isInterrupted)
    expect(isInterrupted(new Error('other'))).toBe(false)
  })
})
