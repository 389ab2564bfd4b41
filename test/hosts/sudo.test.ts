import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type Become, command, envelope } from '../../src/hosts/sudo.ts'

const ALL: readonly Become[] = [{ by: 'root' }, { by: 'sudo' }, { by: 'password', password: 'x' }]

describe('the remote command', () => {
  // csh ends a quoted word with its line ("Unmatched '"), and replaces "!" within one.
  test.each(ALL)('is one line in single quotes, without what a login shell would read inside them: $by', (become) => {
    expect(command(become)).toMatch(/^exec [^'\\!\n]+'[^'\\!\n]+'$/)
  })

  test.each(['sh', 'dash', 'bash', 'zsh', 'fish', 'csh', 'tcsh'])('runs a script from %s', (shell) => {
    const { stdout, stderr, status } = spawnSync(shell, ['-c', command({ by: 'root' })], {
      input: Buffer.concat([
        Buffer.from('a password nobody asked for\n'),
        envelope('read -r l; echo "$l" \'!\' "\\\\"; exit 7'),
        Buffer.from('the input\n'),
      ]),
      encoding: 'utf8',
    })
    expect({ stdout, stderr, status }).toEqual({ stdout: 'slipway-in\nthe input ! \\\n', stderr: 'slipway-in\n', status: 7 })
  })
})
