import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createDelivery } from '../../src/delivery/deliver.ts'
import { onDisk } from '../../src/delivery/disk.ts'
import { createDownloads, isPushed, type Origin } from '../../src/delivery/downloads.ts'
import { DeliveryError } from '../../src/engine/apply.ts'
import type { Event } from '../../src/engine/events.ts'
import type { Change } from '../../src/engine/change.ts'
import { FakeTransport } from '../hosts/fake.ts'
import type { Os } from '../../src/mirrors/types.ts'
import { TransportError } from '../../src/hosts/transport.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { Resource } from '../../src/resources/types.ts'
import { same } from '../../src/text.ts'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const hexOf = (text: string): string => digestOf(text).slice('sha256:'.length)

const os: Os = { id: 'debian', version: '12', codename: 'bookworm', arch: 'amd64' }
const packages: Resource = {
  kind: 'packages',
  names: ['socat', 'ipset'],
  pushed: { os, base: [{ uri: 'https://one.example/debian', suites: ['bookworm'], components: ['main'] }], security: [] },
}
const artifact: Resource = {
  kind: 'artifact',
  artifact: { component: 'kubernetes', version: 'v1', name: 'kubelet', path: 'dl.k8s.io/kubelet', packing: { kind: 'binary' } },
  urls: ['https://one.example/kubelet'],
  pin: digestOf('kubelet'),
  pushed: true,
}
const KUBELET = 'artifact kubernetes v1 kubelet'

const deb = (name: string) => ({
  name,
  version: '1.0',
  digest: digestOf(name),
  size: name.length,
  stanza: `Package: ${name}`,
  path: `pool/${name}.deb`,
  security: false,
})

const changeOn = (host: string, want: Resource): Change => ({
  host,
  phase: 'prepare',
  step: 'os-packages',
  id: kindOf(want).id(want),
  want,
  difference: { verb: 'create', reason: { en: '', zh: '' } },
})

/** A store that gets what one of `sources` has, and what was asked for. */
const stockOf = (...sources: string[]): Origin & { asked: string[] } => {
  const bytes = new Map(sources.map((text) => [digestOf(text), text]))
  const asked: string[] = []
  return {
    asked,
    http: (() => Promise.reject(new Error('nothing is asked by http here'))) as never,
    registry: {
      asking: () => () => {
        throw new Error('no registry is asked here')
      },
    } as never,
    resolved: { 'debian-12-amd64': { debs: [deb('socat'), deb('ipset')] } },
    supply: {
      store: {
        size: async (digest) => bytes.get(digest)?.length,
        open: async function* (digest) {
          yield Buffer.from(bytes.get(digest) ?? '')
        },
      },
      online: true,
      bring: async (digest, places, complain) => {
        for await (const { url } of await places()) {
          asked.push(url)
          if (!bytes.has(digest)) complain(`${url}: HTTP 404`)
        }
        return bytes.has(digest)
      },
      isDown: () => false,
      giveUp: () => {},
    },
  }
}

/** A host that says `state` when it is asked; what was run on it, with what was streamed to it. */
const hostWith = (state: string) => {
  const got: string[] = []
  const transport = new FakeTransport([
    [
      /^/,
      (script, input) => {
        const body = /\nmain\(\) \{\n(.*)\n\}\nmain; exit\n$/s.exec(script)?.[1] ?? script
        const files = input.toString('latin1').match(/[0-9a-f]{64}\.deb\0/g)
        got.push(`${body} < ${files ? files.join(' ').replaceAll('\0', '') : input}`)
        return body.startsWith('fetch_place') ? state : ''
      },
    ],
  ])
  return { got, transport }
}

const run = async (origin: Origin, state: string, wants: readonly Resource[]) => {
  const changes = wants.map((want) => changeOn('a', want))
  const { got, transport } = hostWith(state)
  const events: Event[] = []
  const deliver = createDelivery(changes, origin, new AbortController().signal)
  const failed = await deliver({ host: 'a', changes }, transport, (event) => events.push(event)).catch((error: unknown) => error)
  const said = events.map((event) => (event.type === 'delivering' ? event.change.id : event.type === 'note' ? event.text : event.type))
  return { got, said, failed }
}

test('a host gets what it lacks, and nothing else', async () => {
  const origin = stockOf('kubelet', 'socat', 'ipset')
  const { got, said, failed } = await run(origin, 'lack ipset 1.0\n', [packages, artifact])
  expect(failed).toBeUndefined()
  expect(got).toEqual([
    `fetch_place\ndelivered_has ${hexOf('kubelet')}\ndelivered_lacks 'socat' 'ipset' < Package: socat\nFilename: ./${hexOf('socat')}.deb\n\nPackage: ipset\nFilename: ./${hexOf('ipset')}.deb\n`,
    `receive_packages < ${hexOf('ipset')}.deb`,
    `receive ${hexOf('kubelet')} ${digestOf('kubelet')} < kubelet`,
  ])
  expect(origin.asked).toEqual(['https://one.example/kubelet', 'https://one.example/debian/pool/ipset.deb'])
  expect(said).toEqual(['packages socat ipset', KUBELET, 'packages socat ipset', KUBELET])
})

test('a host that has everything is asked once', async () => {
  const { got } = await run(stockOf('kubelet'), `have ${hexOf('kubelet')}\n`, [packages, artifact])
  expect(got).toHaveLength(1)
})

test('a batch that needs nothing costs no question', async () => {
  const { got, said } = await run(stockOf(), '', [{ kind: 'swap-off' }])
  expect([got, said]).toEqual([[], []])
})

test.each([
  [[artifact], ['no source delivered artifact kubernetes v1 kubelet:', 'https://one.example/kubelet: HTTP 404']],
  [[packages], ['no source delivered socat 1.0:', 'https://one.example/debian/pool/socat.deb: HTTP 404']],
])('what no source delivers ends the batch with what each of them said', async (wants, lines) => {
  const { said, failed } = await run(stockOf(), 'lack socat 1.0\n', wants)
  expect(failed).toBeInstanceOf(DeliveryError)
  expect((failed as DeliveryError).lines).toEqual(lines)
  expect(said.at(-1)).toBe(`fetch-failed ${lines[1]}`)
})

test("a full disk of this machine ends the batch with its own words, and no source's", async () => {
  const origin = stockOf()
  const full = () => onDisk('/cache', () => Promise.reject(Object.assign(new Error(), { code: 'ENOSPC', syscall: 'write' })))
  const { failed } = await run({ ...origin, supply: { ...origin.supply, bring: full } }, '', [artifact])
  expect(failed).toBeInstanceOf(DeliveryError)
  expect((failed as DeliveryError).lines).toEqual([expect.stringMatching(/^\/cache: there is no room .*ENOSPC.* Free some room/)])
})

test('hosts share what is fetched', async () => {
  const origin = stockOf('kubelet')
  const changes = ['a', 'b'].map((host) => changeOn(host, artifact))
  const deliver = createDelivery(changes, origin, new AbortController().signal)
  const hosts = changes.map((change) => ({ change, ...hostWith('') }))
  await Promise.all(hosts.map(({ change, transport }) => deliver({ host: change.host, changes: [change] }, transport, () => {})))
  expect(origin.asked).toHaveLength(1)
  expect(hosts.map(({ got }) => got.at(-1))).toEqual(Array(2).fill(`receive ${hexOf('kubelet')} ${digestOf('kubelet')} < kubelet`))
})

test('a host that is lost while its apt is asked, and one whose apt fails, are told alone: the next one asks its own', async () => {
  const lost = new TransportError({ at: 'a', what: same('connection lost'), fix: same(''), severity: 'error', exit: 4 })
  const list = ` ${hexOf('list')} 4 main/binary-amd64/Packages.xz`
  const stock = stockOf('list')
  const origin: Origin = {
    ...stock,
    supply: { ...stock.supply, bring: async (digest) => digest === digestOf('list') },
    http: { text: async () => `SHA256:\n${list}\n`, digest: async () => undefined, why: () => undefined },
    resolved: {},
  }
  const changes = ['a', 'b', 'c'].map((host) => changeOn(host, packages))
  const downloads = createDownloads(changes, origin, new AbortController().signal)
  const asked: string[] = []
  const failures = await Promise.all(
    changes.map(async (change) => {
      const answer = () => {
        asked.push(change.host)
        if (change.host === 'a') throw lost
        return { exit: 100, stderr: `apt of ${change.host} fails` }
      }
      if (!isPushed(change.want)) throw new Error('these are packages')
      return downloads.resolve({ change, want: change.want }, new FakeTransport([[/^/, answer]]), () => {}).catch((error: unknown) => error)
    }),
  )
  expect(asked).toEqual(['a', 'b', 'c'])
  expect(failures[0]).toBe(lost)
  expect(failures.slice(1).map((error) => (error as DeliveryError).lines.at(-1))).toEqual([
    expect.stringContaining('apt of b fails'),
    expect.stringContaining('apt of c fails'),
  ])
})
