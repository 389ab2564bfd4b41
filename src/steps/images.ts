import { imagePlaces } from '../releases/alternates.ts'
import type { ImageResource } from '../resources/types.ts'
import type { Context, Step } from './types.ts'

const wanted = ({ config, release }: Pick<Context, 'config' | 'release'>): string[] => {
  const { pause, coredns, agnhost, flannel, flannelCni } = release.images
  return [pause, coredns, agnhost, ...(config.network.plugin === 'flannel' ? [flannel, flannelCni] : [])]
}

/** Every image of our own objects on every node, where nodes may ask no registry: a pod may be put on any of them. */
export const images: Step = {
  id: 'images',
  title: { en: 'Images', zh: '镜像' },
  on: 'node',
  resources: (context) => {
    if (context.config.delivery !== 'push') return []
    const { sources, pins, facts } = context
    return wanted(context).map(
      (ref): ImageResource => ({ kind: 'image', name: sources.image(ref), arch: facts.arch, places: imagePlaces(ref, sources, pins) }),
    )
  },
}
