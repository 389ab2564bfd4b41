import { imagesOf } from '../addons/index.ts'
import { pinnedImage } from '../releases/pinned.ts'
import type { ImageResource } from '../resources/types.ts'
import { isDue } from './functional-check.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

/** The images of our own objects that pods of this host may need. */
const wanted = (context: Context): string[] => {
  const { config, release } = context
  const all = Object.values(imagesOf(config, release))
  // Where nodes may ask no registry, a pod may be put on any of them.
  if (config.delivery === 'push') return all
  // Fifty megabytes for a check that is over in seconds: only where it is due.
  return isDue(context) ? all : all.filter((ref) => ref !== release.images.agnhost)
}

/** Our own images, fetched before kubelet needs them: a bad mirror is met by name here, not as a pod that never starts. */
export const images: Step = {
  id: 'images',
  title: { en: 'Images', zh: '镜像' },
  on: 'node',
  resources: (context) => {
    const pushed = context.config.delivery === 'push'
    return wanted(context).map((ref): ImageResource => {
      const { stored, places } = pinnedImage(ref, context, pushed) ?? { stored: ref, places: [] }
      return { kind: 'image', ref, name: stored, arch: context.facts.arch, places, ...(pushed ? { pushed } : {}) }
    })
  },
}
