import { stubbedFetch } from '../net/by-global-fetch.ts'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from '../../src/run/session.ts'
import type { Io, Options } from '../../src/run/types.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { createStyle } from '../../src/ui/style.ts'

/** A command line without a terminal; what is printed is kept. */
export const fakeIo = (language: Io['language'] = 'en') => {
  const printed = { out: '', err: '' }
  const io: Io = {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    language,
    style: createStyle(false),
    outStyle: createStyle(false),
    env: {},
    home: '/nonexistent',
    command: 'slipway up',
    interactive: false,
    signal: new AbortController().signal,
    ...stubbedFetch(),
  }
  return { io, printed }
}

export const options = (given: Partial<Options>): Options =>
  ({ ...DEFAULTS, file: given.files?.at(-1) ?? 'cluster.yml', ...given }) as Options

const DEFAULTS = {
  files: [],
  yes: false,
  output: 'text',
  flags: {},
  verbose: false,
  limit: [],
  exitCode: false,
  offline: false,
  verify: false,
  rest: [],
}

/** A cluster.yml whose only host refuses every connection. */
export const silentCluster = (): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'slipway-silent-')), 'cluster.yml')
  writeFileSync(
    file,
    'cluster_name: lab\nkubernetes_version: v1.36.3\nmirrors: cn\nnodes: [{address: 127.0.0.1, port: 1, role: [control-plane, etcd]}]\n',
  )
  return file
}

const unknownTo = (host: string, script: string): never => {
  throw new Error(`${host}: the test does not know this script:\n${script.slice(-2000)}`)
}

/** A session whose hosts answer the scripts that `answer` knows; one that it does not know (undefined) is a fault of the test. */
export const sessionOf = (
  { cluster, hosts, world }: Pick<Session, 'world'> & Pick<Session['intent'], 'cluster' | 'hosts'>,
  answer: (script: string) => readonly Output[] | undefined,
): Session => {
  const transport = (key: string): Transport => ({
    label: `root@${key}:22`,
    async *run(script): AsyncGenerator<Output, void> {
      yield* answer(script) ?? unknownTo(key, script)
    },
    async [Symbol.asyncDispose]() {},
  })
  const transports = new Map(Object.keys(world).map((key) => [key, transport(key)]))
  return {
    intent: { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} },
    fleet: { transports, problems: [], async [Symbol.asyncDispose]() {} },
    world,
    problems: [],
  }
}
