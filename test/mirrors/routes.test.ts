import { expect, test } from 'vitest'
import { schema } from '../../src/config/schema.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { ARTIFACTS } from '../../src/releases/artifacts.ts'
import { operatorOf } from '../../src/releases/evidence.ts'
import { RELEASES } from '../../src/releases/index.ts'

const { mirrors } = schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors: 'cn' })
const sources = sourcesOf(mirrors)
const ALL = RELEASES.flatMap((release) =>
  ['amd64', 'arm64'].flatMap((arch) => Object.values(ARTIFACTS).map((make) => make(release, arch).path)),
)

test.each([...new Set(ALL)])('mirrors: cn has %s from two operators that have nothing to do with each other', (path) => {
  expect(new Set(sources.files(path).map(operatorOf)).size).toBeGreaterThanOrEqual(2)
})
