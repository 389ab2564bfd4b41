import { describe, expect, test } from 'vitest'
import { readCommandLine } from '../../src/commands/command-line.ts'
import { COMMANDS } from '../../src/commands/index.ts'

const read = (line: string, env = {}) => readCommandLine(line.split(' ').filter(Boolean), env)

describe('a command line', () => {
  test.each([
    ['nope', 'there is no command "nope". Run slipway help for all of them.'],
    ['--lang zh nope', '没有命令 "nope"。运行 slipway help 查看全部命令。'],
    ['check -o xml', '--output is text or json.'],
    ['images -o xml', '--output is text, json, diff or yaml.'],
    ['check -o diff', '--output is text or json.'],
    ['up w1 --yes', 'slipway up takes no "w1". Run slipway help up.'],
    ['kubeconfig - more', 'slipway kubeconfig takes no "more". Run slipway help kubeconfig.'],
    ['reset --toString', 'there is no option --toString. Run slipway help reset.'],
    ['images rewrite --namspace x', 'there is no option --namspace. Did you mean --namespace?'],
    ['reset --confrm x', 'there is no option --confrm. Did you mean --confirm?'],
    ['up --in-parallel', 'there is no option --in-parallel. Run slipway help up.'],
    ['--in-parallel', 'there is no option --in-parallel. Run slipway help.'],
    ['up -x --lang zh', '没有选项 -x。运行 slipway help up 查看用法。'],
    ['up --yes=no', '--yes takes no value: write --yes alone.'],
    ['up --file', '--file needs a value.'],
    ['up -f --yes', '-f needs a value, and --yes looks like an option. If it is the value: --file=--yes'],
    ['--lang zh up -f', '-f 需要一个值。'],
  ])('%s is refused', (line, text) => expect(read(line)).toEqual({ kind: 'fault', text }))

  test('a flag of one command is none of another', () => {
    expect(read('up --keep-failed')).toMatchObject({ kind: 'command', options: { flags: { 'keep-failed': true } } })
    expect(read('check --keep-failed')).toEqual({
      kind: 'fault',
      text: 'slipway check does not take --keep-failed. Commands that take it: up.',
    })
  })

  test.each([
    ['--limit a', 'reset'],
    ['--exit-code', 'plan, images rewrite'],
    ['--offline', 'check, lock, versions'],
    ['--strict', 'up, certs renew, certs rotate, node replace'],
    ['--force', 'etcd restore, etcd recover, node remove'],
    ['--confirm a', 'etcd restore, etcd recover, reset'],
    ['--all', 'node reboot, mirrors'],
    ['--arch a', 'images save, images sync, bundle, lock'],
    ['--step', 'certs rotate'],
    ['-n a', 'images rewrite'],
  ])('%s is taken by: %s', (option, takers) => {
    const stray = option.startsWith('-n') ? '--namespace' : option.split(' ')[0]
    expect(read(`version ${option}`)).toEqual({
      kind: 'fault',
      text: `slipway version does not take ${stray}. Commands that take it: ${takers}.`,
    })
    for (const taker of takers.split(', ')) expect(read(`${taker} ${option}`), taker).toMatchObject({ kind: 'command' })
  })

  test.each([
    ['up --limit w1 --yes', 'slipway up 不接受 --limit。接受它的命令：reset。'],
    ['node replace w1 --force', 'slipway node replace 不接受 --force。接受它的命令：etcd restore、etcd recover、node remove。'],
    ['--step certs renew', 'slipway certs renew 不接受 --step。接受它的命令：certs rotate。'],
    ['etcd snapshot a --identity b', 'slipway etcd snapshot 不接受 --identity。接受它的命令：certs restore、etcd restore。'],
  ])('%s is refused: it is an option of others', (line, text) =>
    expect(read(line, { LANG: 'zh_CN.UTF-8' })).toEqual({ kind: 'fault', text }),
  )

  test.each(COMMANDS.flatMap(({ name, words = {} }) => Object.entries(words).map(([word, takes]) => [`${name} ${word}`, takes] as const)))(
    '%s takes what it lists',
    (called, { flags = {}, shared = [] }) => {
      for (const option of [...Object.keys(flags), ...shared])
        expect([read(`${called} --${option}`).kind, read(`${called} --${option} a`).kind], option).toContain('command')
    },
  )

  test.each([
    ['', 2],
    ['help', 0],
    ['--help', 0],
  ])('%j asks for help', (line, exit) => expect(read(line, { LANG: 'zh_CN.UTF-8' })).toEqual({ kind: 'help', language: 'zh', exit }))

  test.each([
    ['help check', 'check'],
    ['check --help', 'check'],
    ['check --help --offline', 'check'],
    ['help certs renew', 'certs', 'renew'],
    ['certs renew --help', 'certs', 'renew'],
    ['node remove cp1 --help', 'node', 'remove'],
    ['explain nodes --help', 'explain'],
  ])('%j asks for the help of one command', (line, name, word?: string) =>
    expect(read(line)).toMatchObject({ kind: 'help', exit: 0, topic: { command: { name }, ...(word && { word }) } }),
  )

  test.each([
    ['help nope', 'there is no command "nope". Run slipway help for all of them.'],
    ['nope --help', 'there is no command "nope". Run slipway help for all of them.'],
    ['help certs nope', 'slipway certs takes no "nope". Run slipway help certs.'],
  ])('%j: there is no help of that', (line, text) => expect(read(line)).toEqual({ kind: 'fault', text }))

  test('what is not said has a default', () =>
    expect(read('plan')).toMatchObject({
      kind: 'command',
      language: 'en',
      colours: true,
      options: { file: 'cluster.yml', files: [], output: 'text', limit: [], yes: false, rest: [] },
    }))

  test('"-" is a value, and so is what follows "="', () =>
    expect(read('plan -f - --file=--odd')).toMatchObject({ options: { files: ['-', '--odd'] } }))

  test('files stay in order, limits are one list, and NO_COLOR holds', () =>
    expect(read('reset -f a.yml -f b.yml --limit a,b --limit c', { NO_COLOR: '1' })).toMatchObject({
      colours: false,
      options: { file: 'b.yml', files: ['a.yml', 'b.yml'], limit: ['a', 'b', 'c'], rest: [] },
    }))
})
