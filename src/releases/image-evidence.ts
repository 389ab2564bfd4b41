import { type Lack, operatorOf, undelivered } from './evidence.ts'
import type { NewPin } from './lock-text.ts'
import type { Text } from '../text.ts'

/**
 * What one place says of an image: the digest of its manifest there, and what the image is made of (its configurations and layers).
 * `keeps`: its copies have the source's digests.
 */
export type Observation = Readonly<{ name: string; host: string; keeps: boolean; digest: string; made: string }>

/** Why an image stays without a pin; `required`: no plan goes without it. */
export type Unpinned = Readonly<{ key: string; why: Text; required: boolean }>

type Asked = Readonly<{ ref: string; required: boolean; pins: Readonly<Record<string, string>>; trustFirst: boolean }>
type Answer = NewPin | Unpinned

const operator = ({ host }: Observation): string => operatorOf(`https://${host}/`)

const pin = (key: string, digest: string, because: string): NewPin => ({ section: 'images', key, pin: digest, because })

const differ = (observations: readonly Observation[]): Text => {
  const list = observations.map(({ host, digest }) => `${host}: ${digest}`).join('; ')
  return { en: `the places do not agree (${list})`, zh: `各来源不一致（${list}）` }
}

const alone = (host: string): Text => ({
  en: `only ${host} speaks for it: name a second place under mirrors.images, or give --trust-first`,
  zh: `只有 ${host} 提供：请在 mirrors.images 中加入第二个来源，或使用 --trust-first`,
})

/** The pin under the source's own name: two places that have nothing to do with each other must have the same image. */
const ofSource = ({ ref, required, trustFirst }: Asked, observations: readonly Observation[], lacks: readonly Lack[]): Answer => {
  const copies = observations.filter(({ keeps }) => keeps)
  const [first] = copies
  if (!first) return { key: ref, why: undelivered(lacks), required }
  if (copies.some(({ digest }) => digest !== first.digest)) return { key: ref, why: differ(copies), required }
  const said = `manifest at ${first.host}`
  const witness = observations.find(
    (other) => operator(other) !== operator(first) && (other.digest === first.digest || other.made === first.made),
  )
  if (witness)
    return pin(ref, first.digest, `${said}, the same ${witness.digest === first.digest ? 'manifest' : 'layers'} at ${witness.host}`)
  if (trustFirst) return pin(ref, first.digest, `${said}, trusted at first sight`)
  return { key: ref, why: alone(first.host), required }
}

/** The pin of a copy with a digest of its own: it must be made of what the source's image is made of. */
const ofCopy = (
  asked: Asked,
  { name, host, digest, made }: Observation,
  source: string | undefined,
  observations: readonly Observation[],
): Answer => {
  const same = observations.some((other) => other.digest === source && other.made === made)
  if (same) return pin(name, digest, `the same layers as ${asked.ref}`)
  if (asked.trustFirst) return pin(name, digest, `manifest at ${host}, trusted at first sight`)
  const why: Text =
    source === undefined
      ? { en: `${asked.ref} has no pin to compare it with`, zh: `${asked.ref} 未锁定，无法比对` }
      : { en: `its layers are not those of ${asked.ref}`, zh: `其镜像层与 ${asked.ref} 不同` }
  return { key: name, why, required: false }
}

/**
 * The pins an image is still without, under the source's name and under every name whose copies have digests of their own. `lacks`: the places
 * that keep the source's digests and delivered nothing.
 */
export const findImagePins = (asked: Asked, observations: readonly Observation[], lacks: readonly Lack[]): readonly Answer[] => {
  const { ref, pins } = asked
  const source = pins[ref] === undefined ? ofSource(asked, observations, lacks) : undefined
  const known = pins[ref] ?? (source && 'pin' in source ? source.pin : undefined)
  const copies = observations
    .filter(({ name, keeps }) => !keeps && pins[name] === undefined)
    .map((one) => ofCopy(asked, one, known, observations))
  return [...(source ? [source] : []), ...copies]
}
