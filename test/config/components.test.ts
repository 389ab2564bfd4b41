import { describe, expect, test } from 'vitest'
import { COMPONENTS, type ComponentName, partNamed } from '../../src/config/components.ts'
import { compareVersions } from '../../src/config/version.ts'
import { MINORS, releaseOf } from '../../src/releases/index.ts'
import { good, parse, printed, said } from './support.ts'

const components = (text: string, version = 'v1.36.3') => good(`components: {${text}}\n`).replace('v1.36.3', version)

describe('components', () => {
  test('a version of ours is replaced by the one that is named', () => {
    const { config } = parse(components('containerd: 2.3.7, pause: 3.10.1'))
    if (!config) throw new Error('refused')
    const release = releaseOf(config.kubernetes_version, config.components)
    expect(release).toMatchObject({ containerd: '2.3.7', runc: '1.4.3', images: { pause: 'registry.k8s.io/pause:3.10.1' } })
    expect(releaseOf('v1.36.3').containerd).toBe('2.3.4')
  })

  test.each([
    [
      'containerd: 2.1.5',
      'v1.36.3',
      'Kubernetes v1.36 needs containerd 2.2.0 or newer, not "2.1.5". Write a version from 2.2.0 on and before 3.0.0',
    ],
    ['containerd: 2.3.0', 'v1.36.3', 'containerd 2.3.0 is known to be broken. Write a newer patch of it.'],
    ['etcd: 3.6.10', 'v1.37.2', 'Kubernetes v1.37 needs etcd 3.6.11 or newer'],
    ['etcd: 3.8.0', 'v1.37.2', 'etcd 3.8.0 is newer than what this Slipway knows how to set up.'],
    ['runc: v1.5.1', 'v1.36.3', '"v1.5.1" is not a version number. Write it without "v", such as 2.3.6.'],
    ['runc: 1.5', 'v1.36.3', 'Expected text, found the number 1.5.'],
    ['kubelet: 1.36.3', 'v1.36.3', 'Unknown key "kubelet".'],
  ])('%s with %s is refused', (text, version, words) => {
    expect(said(components(text, version))).toContain(words)
    expect(printed(parse(components(text, version)).problems, 'zh')[0]).toMatch(/cluster\.yml:4:\d+ components\.\w+: .*\p{Script=Han}/u)
  })

  test.each([
    ['etcd: 3.6.10', 'v1.36.3'],
    ['etcd: 3.7.3', 'v1.36.9'],
    ['pause: "3.10"', 'v1.36.3'],
  ])('%s with %s is taken', (text, version) => expect(said(components(text, version))).toBe(''))
})

test('every minor has a floor of every part, and keeps to the limits itself', () => {
  for (const { minor, components: own, patches = {} } of MINORS)
    for (const name of Object.keys(COMPONENTS) as ComponentName[]) {
      const { floor, below, broken = {} } = partNamed(name)
      for (const version of [own[name], ...Object.values(patches).flatMap((patch) => patch[name] ?? [])]) {
        expect([minor, name, compareVersions(version, floor[minor] ?? '99') >= 0]).toEqual([minor, name, true])
        expect([minor, name, compareVersions(version, below) < 0, broken[version]]).toEqual([minor, name, true, undefined])
      }
    }
})
