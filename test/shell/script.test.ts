import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { everyScript } from '../engine/every-script.ts'
import { onHost, partsOf } from '../../src/shell/script.ts'
import { PRELUDE } from '../../src/shell/texts.ts'

const namesIn = (text: string): string[] => partsOf(text).flatMap(({ name }) => (name === undefined ? [] : [name]))

/** What bash makes of the functions of a script: their names, and their texts without comments. */
const seenByBash = (script: string): { names: Set<string>; text: string } => {
  const library = script.replace(/\nmain; exit\n$/, '\n')
  const input = `${library}\ndeclare -F | cut -d ' ' -f 3\necho ----\ndeclare -f\n`
  const { status, stdout, stderr } = spawnSync('bash', ['-s'], { input, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const [names = '', text = ''] = stdout.split('----\n')
  return { names: new Set(names.trim().split('\n')), text }
}

describe('the library', () => {
  test('is taken apart without losing a line, and each function once', () => {
    expect(
      partsOf(PRELUDE)
        .map(({ text }) => text)
        .join(''),
    ).toBe(PRELUDE)
    expect([...seenByBash(`${PRELUDE}\nmain() { :; }\nmain; exit\n`).names].sort()).toEqual([...namesIn(PRELUDE), 'main'].sort())
  })

  test('goes along as far as it is used', () => {
    const names = namesIn(onHost('put /etc/x 0644 root:root\n'))
    expect(names).toEqual(expect.arrayContaining(['enter', 'put', 'keep', 'remember', 'set_aside', 'parent']))
    expect(names).not.toContain('fetch')
    expect(onHost('put /etc/x 0644 root:root\n').length).toBeLessThan(PRELUDE.length / 3)
  })

  test('a word in a comment uses nothing', () => {
    expect(namesIn(onHost('# fetch\n:\n', { enters: false }))).not.toContain('fetch')
  })

  test('kubectl and etcdctl are spelled once', () => {
    const folder = new URL('../../src/', import.meta.url)
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(sh|ts)$/.test(name))
      .filter((name) => /\b(k|ctl)\(\) *\{|kubectl --kubeconfig|etcdctl --endpoints/.test(readFileSync(new URL(name, folder), 'utf8')))
    // The backup runs from a timer, with credentials of its own.
    expect(found.sort()).toEqual(['shell/environment.sh', 'shell/etcd-backup.sh'])
  })
})

describe('every script that a run may send', async () => {
  const library = namesIn(PRELUDE)
  test.each(await everyScript())('$name has each function that it calls', ({ text }) => {
    const seen = seenByBash(text)
    const words = new Set(seen.text.match(/(?<![\w$/{.-])[A-Za-z_]\w*(?![\w=/.-])/g))
    expect(library.filter((name) => words.has(name) && !seen.names.has(name))).toEqual([])
  })
})
