import { sha256 } from '../digest.ts'
import { quote } from '../hosts/sh.ts'
import type { ImageResource, Kind } from './types.ts'

/** The name under which an image's archive is streamed to a host; it tells nothing of where it came from. */
export const imageFile = ({ name }: Pick<ImageResource, 'name'>): string => `image-${sha256(name)}`

export const image: Kind<ImageResource> = {
  id: ({ name }) => `image ${name}`,
  touches: () => [],
  diff: ({ name }, { facts }) =>
    facts.images.includes(name)
      ? undefined
      : { verb: 'create', reason: { en: 'containerd does not have it', zh: 'containerd 中没有此镜像' } },
  script: (want) => `import_image ${quote(want.name)} ${imageFile(want)}\n`,
  after: ({ name }, { facts }) => ({ ...facts, images: [...facts.images, name] }),
}
