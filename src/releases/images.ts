import type { Components } from './types.ts'

/** The images of our own pods, as upstream publishes them; versions that go along with a release come from its components. */
const IMAGES = {
  pause: ({ pause }: Components) => `registry.k8s.io/pause:${pause}`,
  coredns: ({ coredns }: Components) => `registry.k8s.io/coredns/coredns:v${coredns}`,
  flannel: ({ flannel }: Components) => `ghcr.io/flannel-io/flannel:v${flannel}`,
  flannelCni: () => 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1',
  agnhost: () => 'registry.k8s.io/e2e-test-images/agnhost:2.59',
}

/** Their names by what they are for. */
export type Images = Readonly<Record<keyof typeof IMAGES, string>>

/** The images that go along with a release. */
export const imageNames = (components: Components): Images =>
  Object.fromEntries(Object.entries(IMAGES).map(([what, nameWith]) => [what, nameWith(components)])) as Images
