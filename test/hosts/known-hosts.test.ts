import { createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  entriesFor,
  fingerprint,
  judge,
  keyType,
  knownHostLine,
  knownTypes,
  parseKnownHosts,
  parsePin,
} from '../../src/hosts/known-hosts.ts'
import { hostName } from '../../src/hosts/known-name.ts'

const blob = (type: string, id: number) => Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.alloc(32, id)])
const line = (hosts: string, type: string, id: number) => `${hosts} ${type} ${blob(type, id).toString('base64')}`
const hashed = (name: string) => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const ED = 'ssh-ed25519'
const verdict = (text: string, host: string, port: number, type: string, id: number) =>
  judge(entriesFor(parseKnownHosts(text, 'f'), host, port), blob(type, id))

test.each<[string, string, string, number, boolean]>([
  ['a name', line('web', ED, 1), 'web', 22, true],
  ['without regard to case', line('Web', ED, 1), 'wEB', 22, true],
  ['one of several', line('10.0.0.1,web', ED, 1), '10.0.0.1', 22, true],
  ['another port is another host', line('web', ED, 1), 'web', 2222, false],
  ['[host]:port', line('[web]:2222', ED, 1), 'web', 2222, true],
  ['[host]:port is not port 22', line('[web]:2222', ED, 1), 'web', 22, false],
  ['a pattern', line('*.lab,!bad.lab', ED, 1), 'good.lab', 22, true],
  ['a negated pattern', line('*.lab,!bad.lab', ED, 1), 'bad.lab', 22, false],
  ['? is one character', line('web?', ED, 1), 'web12', 22, false],
  ['dots are dots', line('10.0.0.1', ED, 1), '10a0b0c1', 22, false],
  ['hashed', line(hashed('web'), ED, 1), 'web', 22, true],
  ['hashed with a port', line(hashed('[web]:2222'), ED, 1), 'web', 2222, true],
  ['hashed, another', line(hashed('web'), ED, 1), 'other', 22, false],
  ['trailing comment and blanks', `  ${line('web', ED, 1)} root@web  `, 'web', 22, true],
  ['a comment line', `#${line('web', ED, 1)}`, 'web', 22, false],
  ['a key that is not of its type', line('web', ED, 1).replace(ED, 'ssh-rsa'), 'web', 22, false],
])('%s', (_name, text, host, port, known) => {
  expect(verdict(text, host, port, ED, 1).is).toBe(known ? 'known' : 'unknown')
})

test('several keys of one host', () => {
  const text = [line('web', ED, 1), line('web', 'ssh-rsa', 2), line('web', ED, 3)].join('\n')
  expect(verdict(text, 'web', 22, ED, 3)).toEqual({ is: 'known' })
  expect(verdict(text, 'web', 22, ED, 4)).toMatchObject({
    is: 'changed',
    known: [{ where: 'f:1', fingerprint: fingerprint(blob(ED, 1)) }, { where: 'f:2' }, { where: 'f:3' }],
  })
  expect(knownTypes(entriesFor(parseKnownHosts(text, 'f'), 'web', 22))).toEqual([ED, 'ssh-rsa'])
})

test('markers', () => {
  expect(verdict(`@revoked * ${line('', ED, 1).trim()}\n${line('web', ED, 1)}`, 'web', 22, ED, 1)).toEqual({ is: 'revoked', where: 'f:1' })
  expect(verdict(`@revoked other ${line('', ED, 1).trim()}\n${line('web', ED, 1)}`, 'web', 22, ED, 1).is).toBe('known')
  expect(verdict(`@cert-authority *.lab ${line('', ED, 1).trim()}`, 'a.lab', 22, ED, 1)).toEqual({ is: 'unknown', authority: true })
  expect(verdict(`@strange * ${line('', ED, 1).trim()}`, 'web', 22, ED, 1)).toEqual({ is: 'unknown', authority: false })
})

test('what is written is read', () => {
  expect(hostName('Web', 22)).toBe('web')
  expect(verdict(knownHostLine('web', 2222, blob(ED, 7)), 'web', 2222, ED, 7).is).toBe('known')
  expect(parsePin(line('', ED, 1).trim(), 'web', 2222)).toMatchObject({ hosts: ['[web]:2222'], type: ED })
  expect(parsePin('ssh-ed25519 nonsense', 'web', 22)).toBeUndefined()
  expect(keyType(Buffer.from([1]))).toBe('')
})
