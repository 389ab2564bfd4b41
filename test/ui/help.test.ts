import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'
import { helpText } from '../../src/ui/help.ts'
import { width } from '../../src/ui/width.ts'

test.each(['en', 'zh'] as const)('no line of the help is wider than a terminal of 80 columns: %s', (language) => {
  const lines = helpText(COMMANDS, language).split('\n')
  expect(lines.filter((line) => width(line) > 80)).toEqual([])
})
