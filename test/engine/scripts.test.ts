import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { composeScript } from '../../src/engine/script.ts'
import { ownPart } from '../shell/script.ts'
import { PRELUDE, PROBE } from '../../src/shell/texts.ts'
import { kindOf } from '../../src/resources/index.ts'
import { CASES, scriptsOf } from './every-script.ts'

const dir = mkdtempSync(join(tmpdir(), 'slipway-scripts-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe.each(CASES)('scripts of $name', async (one) => {
  const scripts = await scriptsOf(one)
  const paths = scripts.map(({ name, text }) => {
    const path = join(dir, `${one.name}-${name}.sh`)
    writeFileSync(path, text)
    return path
  })

  test.each(['/bin/sh', '/bin/bash', '/bin/dash'])('are valid for %s', (shell) => {
    for (const path of paths) {
      const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' })
      expect({ path, status, stderr }).toEqual({ path, status: 0, stderr: '' })
    }
  })

  test('end in a call of main, so that half a script does nothing', () => {
    for (const { text } of scripts) {
      expect(text).toMatch(/^}\nmain; exit\n$/m)
      expect(text.endsWith('\nmain; exit\n')).toBe(true)
    }
  })

  test('say when each change begins and when it is done', () => {
    for (const { text } of scripts) {
      const numbers = (word: string) => [...text.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number))
      const begun = numbers('begin')
      expect(begun).toEqual(begun.map((_, index) => index))
      expect(numbers('finish')).toEqual(begun)
    }
  })
})

// One call for many files: starting shellcheck costs more than its work.
test('shellcheck has nothing to say about any script', async () => {
  const seen = new Set<string>()
  const files: string[] = []
  for (const one of CASES)
    for (const { name, text } of await scriptsOf(one)) {
      // What differs between two scripts is enough: the prelude is checked by itself, and hosts of a kind get much the same.
      const shape = text.replaceAll(/\d+/g, '0').replaceAll(/<<'SLIPWAY_END_*'\n[\s\S]*?\nSLIPWAY_END_*\n/g, '<<E\n')
      if (seen.has(shape)) continue
      seen.add(shape)
      const path = join(dir, `check-${one.name}-${name}.sh`)
      // Its functions and variables are there when the script runs.
      writeFileSync(path, `# shellcheck shell=sh disable=SC2034,SC2154\n${ownPart(text)}`)
      files.push(path)
    }
  const prelude = join(dir, 'prelude.sh')
  writeFileSync(prelude, PRELUDE)
  const probe = join(dir, 'probe.sh')
  writeFileSync(probe, PROBE)
  const check = (paths: readonly string[], exclude: string) =>
    spawnSync('shellcheck', ['-s', 'sh', '-f', 'gcc', '-e', exclude, ...paths], { encoding: 'utf8' }).stdout
  // Some of its variables are set by the changes that follow (SC2154).
  expect(check([prelude, probe], 'SC2154')).toBe('')
  // Nor of the texts that are put behind it.
  const shell = new URL('../../src/shell/', import.meta.url).pathname
  const behind = ['reset', 'rewrite-secrets', 'mirror-probes', 'deb-lists', 'etcd-backup'].map((name) => join(shell, `${name}.sh`))
  expect(check(behind, 'SC2154,SC2034,SC2153')).toBe('')
  expect(check(files, 'SC2317,SC2329')).toBe('')
})

test('a text that holds the end of its here-document, quotes and dollars arrives as it is', () => {
  const text = `SLIPWAY_END\nSLIPWAY_END_\n'"$HOME\`id\`\\\n$(id) 节点\n`
  const script = composeScript([])
    .replace('\nenter\n', '\n')
    .replace(
      'main() {\n',
      `main() {\n${kindOf({ kind: 'file', path: '/x', text }).script({ kind: 'file', path: '/x', text }, { verb: 'create', reason: { en: '', zh: '' } }, {})}`,
    )
    .replace(/^put '?\/x'? .*?<</m, 'cat <<')
  expect(execFileSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' })).toBe(text)
})
