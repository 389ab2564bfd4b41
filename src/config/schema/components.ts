import { z } from 'zod'
import { COMPONENTS, type ComponentName, partNamed } from '../components.ts'
import { key } from './key.ts'

const version = z.string().regex(/^\d+\.\d+(\.\d+)?$/, 'is not a version number')

const versions = Object.fromEntries(
  (Object.keys(COMPONENTS) as ComponentName[]).map((name) => {
    const { applied, what, example } = partNamed(name)
    return [name, version.optional().meta(key(applied, what, example))]
  }),
) as Record<ComponentName, z.ZodOptional<typeof version>>

/** Versions of the parts beside Kubernetes, where the release's own are not wanted. */
export const components = z
  .strictObject(versions)
  .prefault({})
  .meta(key('restart', 'Versions of the parts beside Kubernetes, instead of those that go along with the release'))
