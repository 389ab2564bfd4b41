import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schema } from '../../src/config/schema.ts'
import { listImages } from '../../src/releases/image-list.ts'
import { collisions, renamer } from '../../src/images/rewrite.ts'
import { custom } from '../../src/mirrors/custom.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import type { Release } from '../../src/releases/types.ts'

const sources = (mirrors: unknown) =>
  sourcesOf(schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors }).mirrors)

test('the longest rule wins, by whole segments, and its result is final', () => {
  const rename = renamer(sources('cn'), [
    { from: 'docker.io', to: 'harbor.corp/hub/' },
    { from: 'docker.io/library/nginx', to: 'harbor.corp/web' },
    { from: 'quay.io/a', to: 'quay.io/mirror/a' },
  ])
  expect(rename('nginx:1')).toBe('harbor.corp/web:1')
  expect(rename('nginx-b:1')).toBe('harbor.corp/hub/library/nginx-b:1')
  expect(rename(`quay.io/a/b@sha256:${'1'.repeat(64)}`)).toBe(`quay.io/mirror/a/b@sha256:${'1'.repeat(64)}`)
  expect(rename('quay.io/ab/c')).toBe('m.daocloud.io/quay.io/ab/c')
  expect(rename('not an image')).toBe('not an image')
})

test('renaming twice is renaming once', () => {
  const base = fc.constantFrom(
    'docker.io',
    'quay.io',
    'quay.io/a',
    'docker.io/library',
    'registry.k8s.io',
    'harbor.corp/x',
    'm.daocloud.io/quay.io',
    'ghcr.io/ours',
  )
  const rules = fc.array(fc.record({ from: base, to: base }), { maxLength: 3 })
  const ref = fc.constantFrom(
    'nginx',
    'a/b:1',
    'quay.io/a/b',
    'quay.io/a',
    'registry.k8s.io/pause:3',
    'k8s.gcr.io/pause',
    'harbor.corp/x/y',
    'm.daocloud.io/quay.io/z',
    'ghcr.io/ours/x',
  )
  const lists = fc.subarray(['daocloud', 'aliyun', 'upstream', 'https://ghcr.io/ours', 'https://harbor.corp/x'])
  fc.assert(
    fc.property(rules, ref, lists, (some, image, images) => {
      const rename = renamer(sources({ profile: 'cn', images }), some)
      expect(rename(rename(image))).toBe(rename(image))
    }),
    { numRuns: 3000 },
  )
})

test('a flat registry’s collisions are found', () => {
  const flat = custom('https://harbor.corp/k8s', 'flat')
  const rename = renamer({ image: (ref) => flat.image(ref) ?? ref })
  expect(
    collisions(
      ['calico/node:v1', 'calico/node:v2', 'quay.io/other/node:v1', 'k8s.gcr.io/pause:3.9', 'registry.k8s.io/pause:3.10', 'nginx'],
      rename,
    ),
  ).toEqual([{ to: 'harbor.corp/k8s/node', from: ['docker.io/calico/node', 'quay.io/other/node'] }])
})

test('the images of a release under both names', () => {
  const images = {
    pause: 'registry.k8s.io/pause:3.10.2',
    coredns: 'registry.k8s.io/coredns/coredns:v1.14.2',
    flannel: 'ghcr.io/flannel-io/flannel:v0.28.9',
    flannelCni: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1',
  }
  const release = { images: images as Release['images'], pins: { [images.pause]: `sha256:${'5'.repeat(64)}` } }
  const digest = `sha256:${'5'.repeat(64)}`
  expect(listImages(release, sources('cn'))).toEqual([
    { what: 'coredns', upstream: images.coredns, mirrored: `m.daocloud.io/${images.coredns}`, digest: undefined },
    { what: 'flannel', upstream: images.flannel, mirrored: `m.daocloud.io/${images.flannel}`, digest: undefined },
    { what: 'flannelCni', upstream: images.flannelCni, mirrored: `m.daocloud.io/${images.flannelCni}`, digest: undefined },
    { what: 'pause', upstream: images.pause, mirrored: `m.daocloud.io/${images.pause}`, digest },
  ])
})
