import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Fault, formatReference, isPinned, parseReference, type Reference, readReference } from '../../src/images/reference.ts'

const F = 'f'.repeat(64)
const HEX = '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a'

// What distribution/reference's own tests accept and refuse (normalize_test.go, reference_test.go).
const VALID: [input: string, full: string][] = [
  ['docker/docker', 'docker.io/docker/docker'],
  ['library/debian', 'docker.io/library/debian'],
  ['debian', 'docker.io/library/debian'],
  ['localhost/library/debian', 'localhost/library/debian'],
  ['LOCALDOMAIN/debian', 'LOCALDOMAIN/debian'],
  ['docker.io/debian', 'docker.io/library/debian'],
  ['index.docker.io/docker/docker', 'docker.io/docker/docker'],
  ['index.docker.io/debian', 'docker.io/library/debian'],
  ['127.0.0.1:5000/debian', '127.0.0.1:5000/debian'],
  ['192.168.0.1', 'docker.io/library/192.168.0.1'],
  ['192.168.0.1:80', 'docker.io/library/192.168.0.1:80'],
  ['192.168.0.1:8/debian', '192.168.0.1:8/debian'],
  [
    'thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
    'docker.io/library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
  ],
  ['[fc00::1]:5000/docker', '[fc00::1]:5000/docker'],
  ['[fc00:1:2:3:4:5:6:7]:5000/library/debian', '[fc00:1:2:3:4:5:6:7]:5000/library/debian'],
  [`docker.io/${HEX}`, `docker.io/library/${HEX}`],
  ['Docker/docker', 'Docker/docker'],
  ['docker-rules/docker', 'docker.io/docker-rules/docker'],
  ['docker---rules/docker', 'docker.io/docker---rules/docker'],
  ['d/docker', 'docker.io/d/docker'],
  ['dock__er/docker', 'docker.io/dock__er/docker'],
  ['library/foo/bar', 'docker.io/library/foo/bar'],
  ['test.com:5000', 'docker.io/library/test.com:5000'],
  ['test:5000/repo:tag', 'test:5000/repo:tag'],
  [`test:5000/repo:tag@sha256:${F}`, `test:5000/repo:tag@sha256:${F}`],
  [`repo@sha512:${F}${F}`, `docker.io/library/repo@sha512:${F}${F}`],
  ['lowercase:Uppercase', 'docker.io/library/lowercase:Uppercase'],
  ['b.gcr.io/test.example.com/my-app:test.example.com', 'b.gcr.io/test.example.com/my-app:test.example.com'],
  ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com'],
  ['foo/foo_bar.com:8080', 'docker.io/foo/foo_bar.com:8080'],
  ['foo_bar.com/x:1', 'foo_bar.com/x:1'],
  ['192.168.1.1:5000/repo:5050', '192.168.1.1:5000/repo:5050'],
  ['[::1]:5000/repo', '[::1]:5000/repo'],
  [`example.com/${'a'.repeat(255)}:tag`, `example.com/${'a'.repeat(255)}:tag`],
  ['registry-1.docker.io/nginx', 'docker.io/library/nginx'],
  [`x:${'t'.repeat(128)}`, `docker.io/library/x:${'t'.repeat(128)}`],
]

const INVALID: [input: string, fault: Fault][] = [
  ['', 'empty'],
  [':justtag', 'format'],
  [`@sha256:${F}`, 'format'],
  ['repo@sha256:ffffffffffffffffffffffffffffffffff', 'digest-length'],
  [`validname@invaliddigest:${F}`, 'digest-unsupported'],
  [`x@sha256:${'F'.repeat(64)}`, 'digest-format'],
  ['x@sha256:ff', 'format'],
  ['Uppercase:tag', 'uppercase'],
  ['test:5000/Uppercase/lowercase:tag', 'uppercase'],
  [`domain.x/${'a'.repeat(256)}:tag`, 'too-long'],
  ['aa/asdf$$^/aa', 'format'],
  ['https://github.com/docker/docker', 'format'],
  ['docker/Docker', 'uppercase'],
  ['-docker/docker', 'format'],
  ['-docker.io/docker/docker', 'format'],
  ['docker///docker', 'format'],
  ['docker.io/docker///docker', 'format'],
  ['[fc00::1]', 'format'],
  ['[fc00::1]:5000', 'format'],
  ['fc00::1:5000/debian', 'format'],
  ['[fe80::1%eth0]:5000/debian', 'format'],
  ['[2001:db8:3:4::192.0.2.33]:5000/debian', 'format'],
  [HEX, 'identifier'],
  ['docker-/docker', 'format'],
  ['____/____', 'format'],
  ['dock..er/docker', 'format'],
  ['dock_.er/docker', 'format'],
  ['docker/', 'format'],
  ['nginx:', 'format'],
  ['nginx:-x', 'format'],
  [`x:${'t'.repeat(129)}`, 'format'],
  [' nginx', 'format'],
  ['nginx\n', 'format'],
  ['nginx:1\n', 'format'],
  ['foo_bar:5000/x', 'format'],
  ['Foo_bar/x', 'uppercase'],
  ['x@', 'format'],
  [`a/${'b'.repeat(5000)}`, 'too-long'],
]

test.each(VALID)('%s', (input, full) => {
  const parsed = parseReference(input)
  expect(typeof parsed === 'string' ? parsed : formatReference(parsed)).toBe(full)
})

test.each(INVALID)('refused: %j', (input, fault) => expect(parseReference(input)).toBe(fault))

describe('properties', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/)
  const reference: fc.Arbitrary<Reference> = fc
    .record(
      {
        domain: fc.oneof(
          fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?(\.[a-z]{2,5}){1,2}(:[0-9]{2,4})?$/),
          fc.constantFrom('localhost', 'docker.io', '[::1]:5000'),
        ),
        path: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
        digest: fc.stringMatching(/^[a-f0-9]{64}$/).map((hex) => `sha256:${hex}`),
      },
      { requiredKeys: ['domain', 'path'] },
    )
    .filter(({ domain }) => !['index.docker.io', 'registry-1.docker.io'].includes(domain))

  test('what is formatted is parsed back', () => {
    fc.assert(
      fc.property(reference, (one) => {
        expect(parseReference(formatReference(one))).toEqual(one)
      }),
    )
  })

  test('normalising twice changes nothing, and no text is an accident', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', 'B', '.', ':', '/', '@', '-', '_', '1', '[', ']') })),
        (text) => {
          const parsed = readReference(text)
          if (parsed !== undefined) expect(parseReference(formatReference(parsed))).toEqual(parsed)
        },
      ),
      { numRuns: 5000 },
    )
  })
})

test('hostile lengths are refused', () => {
  for (const text of [`${'a-'.repeat(2000)}/`, `${'a.'.repeat(2000)}_/x`, 'a'.repeat(10_000_000), `${'_'.repeat(4000)}x`])
    expect(readReference(text)).toBeUndefined()
})

test('pinned: a digest, or a tag that is not latest', () => {
  const pinned = (text: string) => isPinned(readReference(text)!)
  expect(['nginx', 'nginx:latest', 'nginx:1.27', `nginx@sha256:${F}`, `nginx:latest@sha256:${F}`].map(pinned)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
})
