import { expect, test } from 'vitest'
import { liveDiff, livePatch, liveWorkloads } from '../../src/images/live.ts'
import { daocloud } from '../../src/mirrors/daocloud.ts'

const rename = (ref: string) => daocloud.image(ref) ?? ref
const meta = (name: string, more: object = {}) => ({ name, namespace: 'web', ...more })
const pod = (...images: string[]) => ({ containers: images.map((image) => ({ image })) })

const LIST = {
  kind: 'List',
  items: [
    {
      kind: 'Deployment',
      metadata: meta('b'),
      spec: { template: { spec: { initContainers: [{ image: 'gcr.io/a/b:1' }], ...pod('m.daocloud.io/quay.io/x/y:1', 'nginx') } } },
    },
    {
      kind: 'CronJob',
      metadata: meta('a'),
      spec: {
        jobTemplate: {
          spec: { template: { spec: { ...pod('harbor.corp/x:1'), volumes: [{}, { image: { reference: 'quay.io/a/b:1' } }] } } },
        },
      },
    },
    { kind: 'Job', metadata: meta('once'), spec: { template: { spec: pod('quay.io/a/b:1') } } },
    { kind: 'Pod', metadata: meta('b-x', { ownerReferences: [{ kind: 'ReplicaSet', controller: true }] }), spec: pod('nginx') },
    { kind: 'Pod', metadata: meta('debug'), spec: { ...pod('harbor.corp/y'), ephemeralContainers: [{ image: 'busybox' }] } },
    {
      kind: 'DaemonSet',
      metadata: meta('flannel', { managedFields: [{ manager: 'slipway' }] }),
      spec: { template: { spec: pod('ghcr.io/flannel-io/flannel:v1') } },
    },
    { kind: 'Service', metadata: meta('s'), spec: {} },
    null,
  ],
}

test('what runs under names nobody can reach, sorted; what others make or up applied is left to them', () => {
  const found = liveWorkloads(LIST, rename)
  expect(found.map(({ kind, name, fixed }) => `${kind}/${name}${fixed ? ' fixed' : ''}`)).toEqual([
    'CronJob/a',
    'Deployment/b',
    'Job/once fixed',
  ])
  expect(found[1]!.changes).toEqual([
    { path: '/spec/template/spec/initContainers/0/image', from: 'gcr.io/a/b:1', to: 'm.daocloud.io/gcr.io/a/b:1' },
    { path: '/spec/template/spec/containers/1/image', from: 'nginx', to: 'm.daocloud.io/docker.io/library/nginx' },
  ])
  expect(JSON.parse(livePatch(found[0]!))).toEqual([
    { op: 'test', path: '/spec/jobTemplate/spec/template/spec/volumes/1/image/reference', value: 'quay.io/a/b:1' },
    { op: 'replace', path: '/spec/jobTemplate/spec/template/spec/volumes/1/image/reference', value: 'm.daocloud.io/quay.io/a/b:1' },
  ])
  expect(liveDiff(found[2]!)).toBe(
    'web Job/once\n  /spec/template/spec/containers/0/image\n  - quay.io/a/b:1\n  + m.daocloud.io/quay.io/a/b:1',
  )
})

test('pull policies on request: where the image is pinned, and not of a Pod that runs', () => {
  const spec = {
    containers: [
      { image: 'harbor.corp/x:1', imagePullPolicy: 'Always' },
      { image: 'nginx:latest', imagePullPolicy: 'Always' },
      { image: 'nginx:1.29', imagePullPolicy: 'IfNotPresent' },
    ],
    volumes: [{ image: { reference: `harbor.corp/data@sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' } }],
  }
  const items = [
    { kind: 'StatefulSet', metadata: meta('db'), spec: { template: { spec } } },
    { kind: 'Pod', metadata: meta('bare'), spec },
  ]
  const of = (name: string) => liveWorkloads({ items }, (ref) => ref, true).find((one) => one.name === name)?.changes
  expect(of('db')).toEqual([
    { path: '/spec/template/spec/containers/0/imagePullPolicy', from: 'Always', to: 'IfNotPresent' },
    { path: '/spec/template/spec/volumes/0/image/pullPolicy', from: 'Always', to: 'IfNotPresent' },
  ])
  expect(of('bare')).toBeUndefined()
  expect(liveWorkloads({ items }, (ref) => ref)).toEqual([])
})

test('an answer that is no list', () => {
  expect(liveWorkloads(undefined, rename)).toEqual([])
  expect(liveWorkloads({ items: {} }, rename)).toEqual([])
})

test.each([
  ['Deployment', { paused: true }, 'rollout'],
  ['CronJob', { suspend: true }, 'suspend'],
  ['DaemonSet', { updateStrategy: { type: 'OnDelete' } }, 'on-delete'],
  ['StatefulSet', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }, 'partition'],
  ['StatefulSet', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } }, undefined],
  ['Deployment', {}, undefined],
])('a %s with %j does not take its new names by itself: %s', (kind, spec, paused) => {
  const template = { spec: { containers: [{ name: 'a', image: 'nginx:1' }] } }
  const inside = kind === 'CronJob' ? { ...spec, jobTemplate: { spec: { template } } } : { ...spec, template }
  const [found] = liveWorkloads({ items: [{ kind, metadata: { name: 'a', namespace: 'b' }, spec: inside }] }, (image) => `m/${image}`)
  expect(found?.paused).toBe(paused)
})
