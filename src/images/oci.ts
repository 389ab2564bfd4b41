import { z } from 'zod'

const descriptor = z.object({
  mediaType: z.string().default(''),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
})
const index = z.object({
  manifests: z.array(descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() })),
})
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) })

/** What a manifest or index names (OCI image-spec, descriptor.md). */
export type Descriptor = Readonly<{ mediaType: string; digest: string; size: number }>
/** A manifest of an index; `arch` is undefined for what is no Linux image (attestations). */
export type Child = Descriptor & Readonly<{ arch: string | undefined }>
/** An image for several platforms, or for one. */
export type Contents =
  | Readonly<{ kind: 'index'; children: readonly Child[] }>
  | Readonly<{ kind: 'image'; config: Descriptor; layers: readonly Descriptor[] }>

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads a manifest or index, of OCI or of Docker; undefined for anything else. */
export const readContents = (text: string): Contents | undefined => {
  const value = json(text)
  const several = index.safeParse(value)
  if (several.success) {
    const children = several.data.manifests.map(({ platform, ...rest }) => ({
      ...rest,
      arch: platform?.os === 'linux' ? platform.architecture : undefined,
    }))
    return { kind: 'index', children }
  }
  const one = manifest.safeParse(value)
  return one.success ? { kind: 'image', ...one.data } : undefined
}

/** The architecture an image's configuration says it is for. */
export const architectureOf = (config: string): string | undefined => {
  const value = json(config)
  const arch = typeof value === 'object' && value !== null ? (value as { architecture?: unknown }).architecture : undefined
  return typeof arch === 'string' ? arch : undefined
}
