import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hostOf, hostPort } from '../src/host-port.ts'

test.each([
  ['10.0.0.11', 6443, '10.0.0.11:6443'],
  ['api.example.com', 6443, 'api.example.com:6443'],
  ['fd00::11', 2379, '[fd00::11]:2379'],
  ['[fd00::11]', 2379, '[fd00::11]:2379'],
  ['::1', '22', '[::1]:22'],
])('%s and %s', (host, port, text) => {
  expect(hostPort(host, port)).toBe(text)
  expect(hostOf(text)).toBe(host.replace(/[[\]]/g, ''))
})

// An IPv6 address with a port glued to it is another address.
test('nowhere is a port glued to an address by hand', () => {
  const glue = /\$\{[^}]*\}:(?:2379|2380|2381|6443|8472|102\d\d|\$\{[^}]*port[^}]*\})/i
  const glued = globSync('src/**/*.ts').flatMap((path) => {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.flatMap((line, at) => (glue.test(line) && !ALLOWED.test(path) ? [`${path}:${at + 1} ${line.trim()}`] : []))
  })
  expect(glued).toEqual([])
})

/** hostPort itself; OpenSSH's own names, which are in brackets already; the key of a semaphore, which nobody reads as an address. */
const ALLOWED = /^src\/(host-port|hosts\/known-name|hosts\/route|hosts\/ssh)\.ts$/
