import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { setPath } from './paths.ts'
import type { ImageResource, Kind } from './types.ts'

/** The name under which an image's archive is streamed to a host; it tells nothing of where it came from. */
export const imageFile = ({ name }: Pick<ImageResource, 'name'>): string => `image-${sha256(name)}`

const stampName = ({ ref }: ImageResource): string => `image-${ref.replace(/[/:@]/g, '_')}`
const stampPath = (want: ImageResource): string => `/var/lib/slipway/stamps/${stampName(want)}`

/** What was delivered, and under which name. */
const stampText = ({ name }: ImageResource, pin: string): string => `${pin} ${name}\n`

const fetched = (want: ImageResource): string => {
  const places = want.places.map(({ base, pin }) => `${quote(base)} ${pin}`).join(' ')
  return [
    'new_stage\n',
    `deliver_image ${quote(want.name)} ${want.arch} "$stage" ${places}\n`,
    `rm -rf "$stage"\nstamp ${quote(stampName(want))} "$used "${quote(want.name)}\n`,
  ].join('')
}

/**
 * An image in containerd's store, fetched and verified as files are, or streamed. Of a fetched one only the delivery is remembered: what
 * kubelet clears away later it pulls again by itself, under the same digest. A streamed one has to stay.
 */
export const image: Kind<ImageResource> = {
  id: ({ ref }) => `image ${ref}`,
  touches: () => [],
  diff: (want, { facts }) => {
    if (want.pushed)
      return facts.images.includes(want.name)
        ? undefined
        : { verb: 'create', reason: { en: 'containerd does not have it', zh: 'containerd 中没有此镜像' } }
    const stamp = facts.paths[stampPath(want)]
    if (!stamp) return { verb: 'create', reason: { en: 'it is missing', zh: '不存在' } }
    if (!want.places.some(({ pin }) => stamp.text === stampText(want, pin)))
      return { verb: 'update', reason: { en: 'its name or its pinned digest changed', zh: '名称或锁定的摘要有变化' } }
    return undefined
  },
  script: (want) => (want.pushed ? `import_image ${quote(want.name)} ${imageFile(want)}\n` : fetched(want)),
  after: (want, { facts }) => {
    const images = [...new Set([...facts.images, want.name])]
    if (want.pushed) return { ...facts, images }
    const text = stampText(want, want.places[0]?.pin ?? '')
    const stamp = { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text } as const
    return setPath({ ...facts, images }, stampPath(want), stamp)
  },
}
