import 'reflect-metadata'
import { writeFile } from 'node:fs/promises'
import { createServer as createTls } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BYTES, FAULTS, Sources, serving } from '../mirrors/sources.ts'

const sources = new Sources()
beforeEach(() => sources.open())
afterEach(() => sources.close())

const DAY = 86_400_000

/** A self-signed certificate for localhost that ended yesterday, trusted through `path`. */
const expired = async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - 3 * DAY),
    notAfter: new Date(Date.now() - DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true), new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const path = join(sources.state, 'ca.crt')
  await writeFile(path, certificate.toString('pem'))
  return { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem'), path }
}

test.for(Object.entries(FAULTS))('%s: never installed, the next takes over', async ([, { handler, says }]) => {
  const [bad, good] = [await sources.start('bad', handler), await sources.start('good', serving(BYTES))]
  const { code, notes } = await sources.script(sources.fetchFrom([`${bad}/file`, `${good}/file`]))
  expect(code).toBe(0)
  expect(await sources.got()).toEqual(BYTES)
  expect(notes).toHaveLength(1)
  expect(notes[0]).toMatch(says)
  expect(notes[0]).toContain(`source-failed ${bad.replace('http://', '')} file `)
  expect(await sources.leftovers()).toEqual([])
})

test('connection refused, and a name that does not resolve', async () => {
  const good = await sources.start('good', serving(BYTES))
  const { code, notes } = await sources.script(sources.fetchFrom(['http://127.0.0.1:1/file', 'http://mirror.invalid/file', `${good}/file`]))
  expect(code).toBe(0)
  expect(notes).toHaveLength(2)
  expect(notes[0]).toMatch(/^source-failed 127\.0\.0\.1:1 file no connection .given up/)
  expect(notes[1]).toMatch(/does not resolve/)
})

test('nobody answers the handshake', async () => {
  const good = await sources.start('good', serving(BYTES))
  const port = await sources.listen(createTcp(() => {}))
  const { code, notes } = await sources.script(sources.fetchFrom([`https://127.0.0.1:${port}/file`, `${good}/file`]))
  expect(code).toBe(0)
  expect(notes).toHaveLength(1)
})

test('a certificate that has expired', async () => {
  const { key, cert, path } = await expired()
  const port = await sources.listen(createTls({ key, cert }, serving(BYTES)))
  const good = await sources.start('good', serving(BYTES))
  const { code, notes } = await sources.script(sources.fetchFrom([`https://localhost:${port}/file`, `${good}/file`]), {
    CURL_CA_BUNDLE: path,
  })
  expect(code).toBe(0)
  expect(notes).toHaveLength(1)
  expect(notes[0]).toMatch(/expired certificate/)
})
