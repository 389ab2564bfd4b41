import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { quote } from '../../src/shell/quote.ts'
import { BYTES, breaking, OTHER, OTHER_PIN, PIN, Sources, serving, status } from '../mirrors/sources.ts'

const sources = new Sources()
beforeEach(() => sources.open())
afterEach(() => sources.close())

describe('what a bad source costs', () => {
  test('its limits once: later files do not ask it, and the note stands once', async () => {
    const [bad, good] = [
      await sources.start('bad', () => {}),
      await sources.start('good', (request, response) => serving(request.url === '/other' ? OTHER : BYTES)(request, response)),
    ]
    const { code, notes, stdout } = await sources.script(
      [sources.fetchFrom([`${bad}/file`, `${good}/file`]), sources.fetchFrom([`${bad}/other`, `${good}/other`], 'other', OTHER_PIN)].join(
        '\n',
      ),
    )
    expect(code).toBe(0)
    expect(sources.asked.bad).toBe(1)
    expect(notes).toHaveLength(1)
    expect(stdout).toContain(`skipped ${bad}/other: not asked again`)
  })

  test('a file it does not have is one strike, three are enough', async () => {
    const [bad, good] = [await sources.start('bad', status(404)), await sources.start('good', serving(BYTES))]
    const files = ['a', 'b', 'c', 'd', 'e'].map(
      (name) => `${sources.fetchFrom([`${bad}/${name}`, `${good}/${name}`])}\nrm ${quote(join(sources.state, 'got'))}`,
    )
    const { code, notes } = await sources.script(files.join('\n'))
    expect(code).toBe(0)
    expect(sources.asked.bad).toBe(3)
    expect(notes).toHaveLength(3)
    expect(notes[2]).toMatch(/given up/)
  })

  test('a server that is busy once is asked once more', async () => {
    const busy = await sources.start('busy', (request, response) =>
      (sources.asked.busy === 1 ? status(503) : serving(BYTES))(request, response),
    )
    const { code, notes } = await sources.script(sources.fetchFrom([`${busy}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(sources.asked.busy).toBe(2)
  })

  test('a lazy mirror may take its time for the first byte', async () => {
    const lazy = await sources.start('lazy', (request, response) => void setTimeout(() => serving(BYTES)(request, response), 1600))
    const { code, notes } = await sources.script(sources.fetchFrom([`${lazy}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
  })
})

test("a full disk is no source's fault: the run ends at once, with where and how much room there is", async () => {
  const [one, two] = [await sources.start('one', serving(BYTES)), await sources.start('two', serving(BYTES))]
  const folder = join(sources.state, 'fetch')
  await mkdir(folder)
  await symlink('/dev/full', join(folder, PIN.slice(7)))
  const { code, notes, stderr } = await sources.script(sources.fetchFrom([`${one}/file`, `${two}/file`]))
  expect({ code, notes }).toEqual({ code: 1, notes: [] })
  expect(stderr).toMatch(/^this host cannot write what it fetches to \S+\/fetch, where \d+ MiB are free: make room there/)
  expect(sources.asked).toEqual({ one: 1 })
  expect(await sources.leftovers()).toEqual([])
})

describe('resuming', () => {
  test('a transfer that breaks goes on where it stopped', async () => {
    const ranges: (string | undefined)[] = []
    const breaking = await sources.start('breaking', (request, response) => {
      ranges.push(request.headers.range)
      if (ranges.length > 1) return serving(BYTES)(request, response)
      response.writeHead(200, { 'content-length': BYTES.length })
      response.write(BYTES.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
    })
    const { code, notes } = await sources.script(sources.fetchFrom([`${breaking}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(ranges).toEqual([undefined, 'bytes=100000-'])
  })

  test('a wrong first half of somebody else does not speak against the next', async () => {
    const good = await sources.start('good', serving(BYTES))
    const part = `install -d "$STATE/fetch"; printf wrong-start >"$STATE/fetch/${PIN.slice(7)}"`
    const { code, notes } = await sources.script(`${part}\n${sources.fetchFrom([`${good}/file`])}`)
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(await sources.got()).toEqual(BYTES)
    expect(sources.asked.good).toBe(2)
  })

  test('a server without ranges begins anew', async () => {
    const plain = await sources.start('plain', (_, response) => void response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES))
    const part = `install -d "$STATE/fetch"; head -c 1000 ${quote(join(sources.state, 'source'))} >"$STATE/fetch/${PIN.slice(7)}"`
    await writeFile(join(sources.state, 'source'), BYTES)
    const { code, notes } = await sources.script(`${part}\n${sources.fetchFrom([`${plain}/file`])}`)
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
  })

  test('what is whole already is not asked for', async () => {
    const good = await sources.start('good', serving(BYTES))
    await writeFile(join(sources.state, 'source'), BYTES)
    const part = `install -d "$STATE/fetch"; cp ${quote(join(sources.state, 'source'))} "$STATE/fetch/${PIN.slice(7)}"`
    expect((await sources.script(`${part}\n${sources.fetchFrom([`${good}/file`])}`)).code).toBe(0)
    expect(sources.asked.good).toBeUndefined()
  })
})

describe('a line that breaks', () => {
  const part = () => join(sources.state, 'fetch', PIN.slice(7))

  test.for([true, false])('every few bytes brings the whole file, each byte once (it stalls instead of ending: %s)', async (stalls) => {
    const sent: number[] = []
    const url = await sources.start('breaking', breaking(BYTES, 100_000, { stalls, sent }))
    const { code, notes } = await sources.script(sources.fetchFrom([`${url}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(await sources.got()).toEqual(BYTES)
    expect(sent).toEqual([0, 100_000, 200_000])
  })

  test('what it brought is there for the next run', async () => {
    const sent: number[] = []
    const url = await sources.start('gone', (request, response) =>
      sources.asked.gone === 1 ? breaking(BYTES, 100_000, { sent })(request, response) : void response.destroy(),
    )
    expect((await sources.script(sources.fetchFrom([`${url}/file`]))).code).toBe(1)
    expect(await sources.leftovers()).toEqual([PIN.slice(7)])
    const good = await sources.start('good', breaking(BYTES, BYTES.length, { sent }))
    expect((await sources.script(sources.fetchFrom([`${good}/file`]))).code).toBe(0)
    expect(sent).toEqual([0, 100_000])
    expect(await sources.leftovers()).toEqual([])
  })

  test('a server that cannot resume is not asked for ever, and the longer beginning stays for the next place', async () => {
    const sent: number[] = []
    const first = await sources.start('first', breaking(BYTES, 100_000, { sent, ranges: false }))
    const second = await sources.start('second', breaking(BYTES, BYTES.length, { sent }))
    expect((await sources.script(sources.fetchFrom([`${first}/file`, `${second}/file`]))).code).toBe(0)
    expect(sent.at(-1)).toBe(100_000)
    expect(await sources.leftovers()).toEqual([])
  })

  test('an answer that is no part of the file does not cost the beginning of it', async () => {
    const page = await sources.start('page', (_, response) => void response.end('<!DOCTYPE html>'))
    await mkdir(join(sources.state, 'fetch'))
    await writeFile(part(), BYTES.subarray(0, 100_000))
    expect((await sources.script(sources.fetchFrom([`${page}/file`]))).code).toBe(1)
    expect(await readFile(part())).toEqual(BYTES.subarray(0, 100_000))
  })

  test('what was put together wrongly is fetched anew once', async () => {
    let turn = 0
    const url = await sources.start('two-faced', (request, response) =>
      (turn++ === 0 ? breaking(Buffer.alloc(BYTES.length, 'old'), 100_000) : serving(BYTES))(request, response),
    )
    const { code, notes } = await sources.script(sources.fetchFrom([`${url}/file`]))
    expect({ code, notes, turn }).toEqual({ code: 0, notes: [], turn: 3 })
  })

  test('a part is thrown away after a week', async () => {
    const fetch = join(sources.state, 'fetch')
    await mkdir(fetch)
    for (const name of ['old', 'young']) await writeFile(join(fetch, name), name)
    await utimes(join(fetch, 'old'), new Date(0), Date.now() / 1000 - 8 * 86_400)
    expect((await sources.script(`RUN=${quote(sources.state)}\nrecall`)).code).toBe(0)
    expect(await sources.leftovers()).toEqual(['young'])
  })
})

test('an answer of a few bytes and then silence is too slow, not a first byte that is waited for', async () => {
  const url = await sources.start('few', (_, response) => void response.writeHead(200, { 'content-length': 500 }).write('x'.repeat(282)))
  const { code, stderr } = await sources.script(`FETCH_FIRST_BYTE=100\n${sources.fetchFrom([`${url}/file`])}`)
  expect(code).toBe(1)
  expect(stderr).toMatch(/only 0\.\d KB.s/)
})

test('who is silent is named while it is waited for', async () => {
  const url = await sources.start('silent', () => {})
  const { notes } = await sources.script(`FETCH_TELL=1\n${sources.fetchFrom([`${url}/file`])}`)
  expect(notes[0]).toBe(`source-waits ${url.replace('http://', '')} file 1 2`)
})
