import { describe, expect, test } from 'vitest'
import { readCommandLine } from '../../src/commands/command-line.ts'

const read = (line: string, env = {}) => readCommandLine(line.split(' ').filter(Boolean), env)

describe('a command line', () => {
  test.each([
    ['nope', 'there is no command "nope". Run slipway help for all of them.'],
    ['--lang zh nope', '没有命令 "nope"。运行 slipway help 查看全部命令。'],
    ['check -o xml', '--output is text or json.'],
    ['images -o xml', '--output is text, json, diff or yaml.'],
    ['check -o diff', '--output is text or json.'],
  ])('%s is refused', (line, text) => expect(read(line)).toEqual({ kind: 'fault', text }))

  test('a flag of one command is none of another', () => {
    expect(read('up --keep-failed')).toMatchObject({ kind: 'command', options: { flags: { 'keep-failed': true } } })
    expect(read('check --keep-failed')).toMatchObject({ kind: 'fault' })
  })

  test.each([
    ['', 2],
    ['help', 0],
    ['check --help', 0],
  ])('%j asks for help', (line, exit) => expect(read(line, { LANG: 'zh_CN.UTF-8' })).toEqual({ kind: 'help', language: 'zh', exit }))

  test('what is not said has a default', () =>
    expect(read('plan')).toMatchObject({
      kind: 'command',
      language: 'en',
      colours: true,
      options: { file: 'cluster.yml', files: [], output: 'text', limit: [], yes: false, rest: [] },
    }))

  test('files stay in order, limits are one list, and NO_COLOR holds', () =>
    expect(read('plan -f a.yml -f b.yml --limit a,b --limit c d', { NO_COLOR: '1' })).toMatchObject({
      colours: false,
      options: { file: 'b.yml', files: ['a.yml', 'b.yml'], limit: ['a', 'b', 'c'], rest: ['d'] },
    }))
})
