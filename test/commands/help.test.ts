import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'
import { helpText, topicText, wordsOf } from '../../src/commands/help.ts'
import { width } from '../../src/ui/width.ts'

const tooWide = (text: string): string[] => text.split('\n').filter((line) => width(line) > 80)

test.each(['en', 'zh'] as const)('no line of the help is wider than a terminal of 80 columns: %s', (language) => {
  expect(tooWide(helpText(COMMANDS, language))).toEqual([])
  for (const command of COMMANDS) expect(tooWide(topicText({ command }, language))).toEqual([])
})

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  'the help of %s names its words and all that they take',
  (_, command) => {
    const { name, words = {}, flags = {}, shared = [] } = command
    const whole = topicText({ command }, 'en')
    expect(whole).toContain(`slipway ${name}`)
    for (const option of [...Object.keys(flags), ...shared]) expect(whole).toContain(`--${option}`)
    if (command.words) expect(wordsOf(command).toSorted()).toEqual(Object.keys(words).toSorted())
    for (const [word, { flags = {}, shared = [] }] of Object.entries(words)) {
      const text = topicText({ command, word }, 'en')
      expect(text).toContain(`  slipway ${name} ${word}`)
      for (const option of [...Object.keys(flags), ...shared]) expect(text).toContain(`--${option}`)
    }
  },
)

test('the help of one word is of that word', () => {
  const certs = COMMANDS.find(({ name }) => name === 'certs') ?? expect.fail()
  const text = topicText({ command: certs, word: 'renew' }, 'en')
  expect(text).toContain('slipway certs renew [--strict]\n')
  expect(text).not.toContain('--drop-old')
})
