import { expect, test } from 'vitest'
import { jumps, lookupHost, matchesHost } from '../../src/hosts/ssh-config.ts'

const tokens = { home: '/home/op', localUser: 'op' }
const look = (text: string, alias: string, include?: (pattern: string) => string[]) => lookupHost(text, alias, tokens, include)
const NOTHING = { identityFiles: [], identitiesOnly: false }

test('the first value wins, identity files add up', () => {
  const text = 'Host a b\n  User first\n  IdentityFile ~/.ssh/one\nHost *\n  User second\n  Port 2222\n  IdentityFile %d/two\n'
  expect(look(text, 'b')).toEqual({
    user: 'first',
    port: 2222,
    identityFiles: ['/home/op/.ssh/one', '/home/op/two'],
    identitiesOnly: false,
  })
  expect(look(text, 'c')).toMatchObject({ user: 'second', identityFiles: ['/home/op/two'] })
})

test.each<[string, string, object]>([
  ['= and quotes', 'host=x\nUser = "two words"\nPort=22', { ...NOTHING, user: 'two words', port: 22 }],
  ['keywords without regard to case, comments', '# c\nHOST x\n  hOsTnAmE 10.0.0.1 # why\n', { ...NOTHING, hostName: '10.0.0.1' }],
  [
    '%h in HostName, %r and %h in IdentityFile',
    'Host x\nHostName %h.example.com\nUser u\nIdentityFile /k/%r@%h-%%',
    { identitiesOnly: false, user: 'u', hostName: 'x.example.com', identityFiles: ['/k/u@x.example.com-%'] },
  ],
  ['ProxyJump none', 'Host x\nProxyJump none\nHost *\nProxyJump other', NOTHING],
  ['before any Host', 'User all\nHost y\nUser no', { ...NOTHING, user: 'all' }],
  [
    'Match blocks are skipped, but for all',
    'Match host x\nUser no\nMatch all\nUser yes',
    { ...NOTHING, user: 'yes', unread: ['Match host x (line 1)'] },
  ],
  [
    'what only ssh itself can do is named',
    'Host x\nUser u\nProxyCommand nc %h %p',
    { ...NOTHING, user: 'u', unread: ['ProxyCommand (line 3)'] },
  ],
  ['IdentitiesOnly', 'Host x\nIdentitiesOnly YES', { identityFiles: [], identitiesOnly: true }],
  ['IdentityFile none', 'Host x\nIdentityFile none', NOTHING],
  ['a port that is none', 'Host x\nPort ssh', NOTHING],
  ['Windows line ends', 'Host x\r\nUser u\r\n', { ...NOTHING, user: 'u' }],
])('%s', (_name, text, expected) => {
  expect(look(text, 'x')).toEqual(expected)
})

test('Include is part of its block and has blocks of its own', () => {
  const include = (pattern: string) => (pattern === 'conf.d/*' ? ['Host x\nUser included\n', 'Port 77\n'] : [])
  expect(look('Include conf.d/*\nHost x\nUser late', 'x', include)).toMatchObject({ user: 'included', port: 77 })
  expect(look('Host y\n  Include conf.d/*\nHost x\n  User late', 'x', include)).toEqual({ ...NOTHING, user: 'late' })
  expect(look('Include conf.d/*\nUser outer', 'z', include)).toMatchObject({ user: 'outer' })
  expect(look('Include self', 'x', () => ['Include self\nUser deep'])).toMatchObject({ user: 'deep' })
})

test('patterns', () => {
  expect(matchesHost(['*', '!db*'], 'web')).toBe(true)
  expect(matchesHost(['*', '!db*'], 'db1')).toBe(false)
  expect(matchesHost(['!db*'], 'web')).toBe(false)
  expect(matchesHost(['10.0.0.?'], '10.0.0.12')).toBe(false)
})

test('jumps', () => {
  expect(jumps('a')).toEqual([{ address: 'a' }])
  expect(jumps('u@a:2200, b,ssh://v@[2001:db8::1]:22')).toEqual([
    { address: 'a', user: 'u', port: 2200 },
    { address: 'b' },
    { address: '2001:db8::1', user: 'v', port: 22 },
  ])
})
