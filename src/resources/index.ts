import { absent } from './absent.ts'
import { artifact } from './artifact.ts'
import { certificate } from './certificate.ts'
import { directory } from './directory.ts'
import { file } from './file.ts'
import { hostname } from './hostname.ts'
import { link } from './link.ts'
import { modules } from './modules.ts'
import { node } from './node.ts'
import { objects } from './objects.ts'
import { packages } from './packages.ts'
import { sharedSecret } from './shared-secret.ts'
import { swapOff } from './swap-off.ts'
import { sysctls } from './sysctls.ts'
import { trust } from './trust.ts'
import type { Kind, Resource } from './types.ts'
import { unit } from './unit.ts'
import { user } from './user.ts'
import { verification } from './verification.ts'

type Kinds = { [K in Resource['kind']]: Kind<Extract<Resource, { kind: K }>> }

/** Every kind of resource; the compiler names the one that is missing. */
const KINDS: Kinds = {
  absent,
  artifact,
  certificate,
  directory,
  file,
  hostname,
  link,
  modules,
  node,
  objects,
  packages,
  'shared-secret': sharedSecret,
  'swap-off': swapOff,
  sysctls,
  trust,
  unit,
  user,
  verification,
}

/** The kind of a resource. */
export const kindOf = <R extends Resource>(want: R): Kind<R> => KINDS[want.kind] as unknown as Kind<R>
