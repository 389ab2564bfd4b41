import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What is typed as it stands, with a word in place of a value: `env:变量名`, `http://主机:端口`, `registry[:端口]`. */
const TYPED = /(env|file|cmd|KIND):\p{Script=Han}+|\w+(\(s\))?:\/\/主机(:端口)?|\[:端口\]/gu
/** Keys of YAML, in backticks. */
const YAML = /`值:( 值)?`/g

/** The texts of a line of TypeScript that hold Chinese, each `${value}` as one Chinese character. */
const chinese = (line: string): string[] =>
  [...line.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g)]
    .map(([literal]) => literal.slice(1, -1).replaceAll('\\`', '`'))
    .filter((text) => /[\p{Script=Han}。？]/u.test(text))
    .map((text) => text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '值'))

const half = (text: string): boolean =>
  /[\p{Script=Han}。，、：；？（）][,;:?()]|[,;:?()][\p{Script=Han}。，、：；？（）]/u.test(text.replace(TYPED, '').replace(YAML, ''))

test('no Chinese text has half-width punctuation beside its characters', () => {
  const files = globSync('src/**/*.ts', { cwd: root })
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        chinese(line)
          .filter(half)
          .map((text) => `${file}:${index + 1} ${text}`),
      ),
  )
  expect(files.length).toBeGreaterThan(100)
  expect(found).toEqual([])
})
