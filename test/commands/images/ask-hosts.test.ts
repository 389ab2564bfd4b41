import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { parseHeads, questionsScript } from '../../../src/commands/images/ask-hosts.ts'
import { upstream } from '../../../src/mirrors/upstream.ts'

const run = promisify(execFile)
const DIGEST = `sha256:${'d'.repeat(64)}`
let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('a host asks for a token where one is wanted, knows what is there, and leaves in peace what does not answer', async () => {
  const asked: string[] = []
  server = createServer(({ method, url = '', headers }, response) => {
    asked.push(`${method} ${url}`)
    if (url.startsWith('/token')) return void response.end('{"token":"t"}')
    if (headers.authorization !== 'Bearer t')
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s",scope="x"` }).end()
    if (url.includes('missing')) return void response.writeHead(404).end()
    response.writeHead(200, { 'docker-content-digest': DIGEST }).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`
  const question = (at: { base: string; path: string }, name = 'here') => ({
    mirror: { ...upstream, name },
    wanted: { ref: 'a', pin: undefined },
    name: 'a',
    at: { ...at, reference: 'v1' },
  })
  const gone = question({ base: 'http://127.0.0.1:1/v2', path: 'a' }, 'gone')
  const questions = [question({ base, path: 'there' }), question({ base, path: 'missing' }), gone, gone, gone, gone]
  const { stdout } = await run('/bin/sh', ['-c', questionsScript(questions)], { env: { ...process.env, no_proxy: '*' } })
  expect([...parseHeads(stdout).values()]).toEqual([
    { status: 200, digest: DIGEST },
    { status: 404, error: 'HTTP 404' },
    { status: 0, error: 'no connection' },
    { status: 0, error: 'no connection' },
    { status: 0, error: 'no connection' },
    { status: 0, error: 'not asked any more' },
  ])
  expect(asked.filter((line) => line.startsWith('HEAD /v2/there'))).toHaveLength(2)
})
