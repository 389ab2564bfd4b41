import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { FakeTransport } from './fake.ts'
import { createLines, escapeRemote, LONGEST } from '../../src/hosts/lines.ts'
import { createSemaphore, createShare } from '../../src/hosts/share.ts'
import { answerSudo, command } from '../../src/hosts/sudo.ts'
import { capture } from '../../src/hosts/transport.ts'
import { connect } from '../../src/hosts/connect.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('lines come out whole, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\n', ''))),
      fc.integer({ min: 1, max: 7 }),
      (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const out: string[] = []
        const splitter = createLines((line) => out.push(line))
        for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
        splitter.end()
        expect(out).toEqual(lines)
      },
    ),
  )
})

test('invalid UTF-8, a long line, a last line without its end', () => {
  const out: string[] = []
  const splitter = createLines((line) => out.push(line))
  splitter.push(Buffer.from([0xff, 0x41, 10]))
  for (let i = 0; i < 11; i++) splitter.push(Buffer.alloc(100_000, 'x'))
  splitter.push(Buffer.from('\nlast'))
  splitter.end()
  expect(out).toEqual(['\ufffdA', `${'x'.repeat(LONGEST)} [cut]`, 'last'])
})

test('what a host says cannot move the cursor', () => {
  expect(escapeRemote('a\tb\u001b[2J\r\n\u0000\u009b\u202e中')).toBe('a\tb\\x1b[2J\\x0d\\x0a\\x00\\x9b\\u202e中')
})

test('the fake host throws on what it does not know', async () => {
  const fake = new FakeTransport([
    ['known', { stdout: 'one\ntwo\n', stderr: 'warn', exit: 3 }],
    [/^wc/, (_script, input) => `${input.length}`],
  ])
  expect(await capture(fake, 'known')).toEqual({ exit: 3, stdout: 'one\ntwo\n', stderr: 'warn\n' })
  expect(
    (
      await capture(fake, 'wc -c', {
        input: (async function* () {
          yield Buffer.from('abc')
        })(),
      })
    ).stdout,
  ).toBe('3\n')
  await expect(capture(fake, 'rm -rf /')).rejects.toThrow('does not know this script:\nrm -rf /')
  expect(fake.ran).toEqual(['known', 'wc -c'])
})

test('the remote command is the same text for any shell', () => {
  for (const become of [{ by: 'root' }, { by: 'sudo' }, { by: 'password', password: 'secret!' }] as const) {
    const text = command(become)
    expect(text).not.toContain('secret!')
    expect(text.slice(text.indexOf("'") + 1, -1)).not.toMatch(/['\\!]/)
  }
})

test('a prompt that PAM chose itself is answered once; the second means that the password was wrong', async () => {
  const written: string[] = []
  const refused: Error[] = []
  const sudo = answerSudo('u@h:22', 'word', { write: (bytes) => written.push(bytes), refuse: (error) => refused.push(error) })
  sudo.heard('We trust you have received the usual lecture.\n')
  await pause(700)
  expect(written).toEqual([])
  sudo.heard('Bitte das Kennwort')
  sudo.heard(': ')
  await pause(700)
  expect(written).toEqual(['word\n'])
  sudo.heard('Das war nichts.\nBitte das Kennwort: ')
  await pause(700)
  expect(written).toEqual(['word\n'])
  expect(refused.map(String)).toEqual([expect.stringContaining('refused the password')])
})

test('a share makes a thing once, forgets what failed, and lets so many in', async () => {
  await using share = createShare()
  let made = 0
  const make = async () => ++made
  expect(await Promise.all([share.once('k', make), share.once('k', make)])).toEqual([1, 1])
  await expect(share.once('bad', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await share.once('bad', make)).toBe(2)
  let [now, most] = [0, 0]
  await Promise.all(
    Array.from({ length: 9 }, () =>
      share.gate('g', 3, async () => {
        now++
        most = Math.max(most, now)
        await pause(5)
        now--
      }),
    ),
  )
  expect(most).toBe(3)
  const place = createSemaphore(1)
  const release = await place()
  release()
  release()
  ;(await place())()
})

test('this machine', async () => {
  if (process.getuid?.() !== 0) return
  const environment = { home: '/', env: {}, ask: undefined, share: createShare() }
  await using local = await connect({ address: 'localhost', agent: true, config: true, acceptNew: false, connectTimeout: 5 }, environment)
  expect(local.label).toBe('localhost')
  expect(await capture(local, 'id -u; echo no >&2; exit 4')).toEqual({ exit: 4, stdout: '0\n', stderr: 'no\n' })
  const abort = new AbortController()
  const run = local
    .run('exec 3<&0; { cat <&3; kill 0; } >/dev/null 2>&1 & echo $$; sleep 60', { signal: abort.signal })
    [Symbol.asyncIterator]()
  const pid = Number(((await run.next()).value as { line: string }).line)
  abort.abort(new Error('Ctrl-C'))
  await expect(run.next()).rejects.toThrow('Ctrl-C')
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 10_000 })
})
