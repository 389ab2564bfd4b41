import { readdirSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { capture, type Output, type Transport } from '../../src/hosts/transport.ts'
import { pause, problemOf, startHost, until } from './sshd.ts'

/** What a script needs to notice that its client is gone: EOF on stdin, read beside the work. */
const WATCHDOG = `exec 3<&0
{ cat <&3 >/dev/null; kill -TERM 0; } >/dev/null 2>&1 &
exec 3<&-
`

let host: Awaited<ReturnType<typeof startHost>>
let transport: Transport
let noDelay: ReturnType<typeof vi.spyOn>

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())
beforeEach(async () => {
  noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  transport = await host.login()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await transport[Symbol.asyncDispose]()
})

async function collect(run: AsyncIterable<Output>): Promise<Output[]> {
  const all: Output[] = []
  for await (const output of run) all.push(output)
  return all
}

test('Nagle is off (with it an exec takes 40 ms more)', () => {
  expect(noDelay).toHaveBeenCalledWith(true)
})

test('runs as root, in order, with the exit last', async () => {
  const out = await collect(transport.run('id -u; printf "no newline"; echo warn >&2; exit 7'))
  expect(out).toContainEqual({ stream: 'stdout', line: '0' })
  expect(out).toContainEqual({ stream: 'stdout', line: 'no newline' })
  expect(out).toContainEqual({ stream: 'stderr', line: 'warn' })
  expect(out.at(-1)).toEqual({ exit: 7 })
  expect(await collect(transport.run('kill -9 $$'))).toEqual([{ exit: null, signal: 'SIGKILL' }])
})

test('a large script, a here-document, quotes of every kind', async () => {
  const text = `'"\`$HOME \\ !\n`.repeat(20_000)
  const { stdout } = await capture(transport, `cat <<'END'\n${text}END\n`)
  expect(stdout).toBe(text)
})

test('lines come as they are printed', async () => {
  const run = transport.run('echo first; read -r x; echo second')[Symbol.asyncIterator]()
  expect(await run.next()).toEqual({ done: false, value: { stream: 'stdout', line: 'first' } })
  await run.return?.()
})

test('input follows the script byte for byte, then EOF; a slow reader is waited for', async () => {
  const bytes = Buffer.from(Array.from({ length: 8192 }, (_, i) => i & 255))
  async function* input() {
    for (let i = 0; i < 1_000; i++) yield bytes
  }
  const { stdout } = await capture(transport, 'sleep 0.2; wc -c', { input: input() })
  expect(stdout.trim()).toBe(String(1_000 * 8192))
})

test('more output than is read at once', async () => {
  let lines = 0
  for await (const output of transport.run('i=0; while [ $i -lt 30000 ]; do echo "line $i"; i=$((i+1)); done')) {
    if ('line' in output && output.line !== `line ${lines++}`) throw new Error(output.line)
    if (lines % 5000 === 0) await pause(20)
  }
  expect(lines).toBe(30_000)
})

test('what a script leaves behind does not hold us', async () => {
  const { stdout } = await capture(transport, 'sleep 60 & echo $!')
  // Still there: nobody waited for its end.
  process.kill(Number(stdout))
})

describe('a client that goes', () => {
  test('stdin stays open as long as the client is there, and the watchdog sees it go', async () => {
    const victim = await host.login()
    const run = victim.run(`${WATCHDOG}echo $$\nsleep 300 & wait\n`)[Symbol.asyncIterator]()
    const pid = Number(((await run.next()).value as { line: string }).line)
    await pause(300)
    expect(alive(pid)).toBe(true)
    const ended = problemOf(run.next())
    for (const call of noDelay.mock.contexts as Socket[]) if (call !== noDelay.mock.contexts[0]) call.destroy()
    await until('the script ends', () => !alive(pid))
    expect((await ended).en).toContain('connection lost')
  })

  test('an abort ends the wait at once, and the script by its watchdog', async () => {
    const abort = new AbortController()
    const run = transport.run(`${WATCHDOG}echo $$\nsleep 300 & wait\n`, { signal: abort.signal })[Symbol.asyncIterator]()
    const pid = Number(((await run.next()).value as { line: string }).line)
    abort.abort(new Error('Ctrl-C'))
    await expect(run.next()).rejects.toThrow('Ctrl-C')
    await until('the script ends', () => !alive(pid))
    expect((await capture(transport, 'echo still here')).stdout).toBe('still here\n')
    await expect(capture(transport, 'true', { signal: abort.signal })).rejects.toThrow('Ctrl-C')
  })

  test('a script that came only in part does not run', async () => {
    const { command, envelope } = await import('../../src/hosts/sudo.ts')
    const { execFileSync } = await import('node:child_process')
    const whole = envelope('echo one\necho two')
    const run = (bytes: Buffer) =>
      execFileSync('sh', ['-c', `(${command({ by: 'root' })}) 2>/dev/null || echo refused`], { input: bytes, encoding: 'utf8' })
    expect(run(whole)).toBe('slipway-in\none\ntwo\n')
    expect(run(whole.subarray(0, -16))).toBe('slipway-in\nrefused\n')
    expect(run(whole.subarray(0, 10))).toBe('slipway-in\nrefused\n')
  })
})

test('at most eight channels at once', async () => {
  let most = 0
  let now = 0
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for await (const output of transport.run('echo in; sleep 0.2; echo out')) {
        if ('line' in output) most = Math.max(most, output.line === 'in' ? ++now : now--)
      }
    }),
  )
  expect(most).toBeLessThanOrEqual(8)
  expect(most).toBeGreaterThan(1)
})

test('two execs are two sessions of one connection', async () => {
  const before = host.log().length
  await capture(transport, 'true')
  await capture(transport, 'true')
  const log = host.log().slice(before)
  expect(log.match(/Starting session/g)).toHaveLength(2)
  expect(log).not.toContain('Accepted')
})

test('a script is never an argument', async () => {
  const seen = new Set<string>()
  const canary = 'canary-in-a-script'
  const running = capture(transport, `: ${canary}\nsleep 0.5`)
  for (const end = Date.now() + 500; Date.now() < end; await pause(10)) for (const line of cmdlines()) seen.add(line)
  await running
  expect([...seen].some((line) => line.includes('slipway-script'))).toBe(true)
  expect([...seen].filter((line) => line.includes(canary))).toEqual([])
})

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function cmdlines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
}
