import { expect, test } from 'vitest'
import { sudoRefused } from '../../src/hosts/problems-sudo.ts'

test.each([
  ['sudo: a password is required', 'wants a password', 'sudo_password'],
  ['sudo: interactive authentication is required', 'wants a password', 'sudo_password'],
  ['sudo: sorry, you must have a tty to run sudo', 'wants a terminal', '!requiretty'],
  ['ops is not in the sudoers file.', 'does not allow', 'NOPASSWD'],
  ["sudo: I'm sorry ops. I'm afraid I can't do that", 'does not allow', 'NOPASSWD'],
  ['Sorry, user ops is not allowed to execute /bin/sh as root on cp1.', 'does not allow', 'NOPASSWD'],
  ['sudo: account validation failure, is your account locked?', 'locked or has expired', 'chage'],
  ['/etc/sudoers:3:1: syntax error', 'configuration is broken', 'visudo -c'],
  ['sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set', 'no setuid bit', 'chmod 4755'],
  ['sudo: The "no new privileges" flag is set, which prevents sudo from running as root.', 'new privileges', 'log in as root'],
])('%s', (words, what, fix) => {
  const { problem } = sudoRefused('ops@10.0.0.11:22', words)
  expect(problem.what.en).toContain(what)
  expect(problem.fix.en).toContain(fix)
})
