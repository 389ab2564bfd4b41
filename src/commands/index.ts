import { bundle } from './bundle.ts'
import { certs } from './certs/index.ts'
import { check } from './check.ts'
import { etcd } from './etcd/index.ts'
import { explain } from './explain.ts'
import { images } from './images/index.ts'
import { kubeconfig } from './kubeconfig.ts'
import { lock } from './lock/index.ts'
import { mirrors } from './mirrors/index.ts'
import { node } from './node/index.ts'
import { plan } from './plan.ts'
import { reset } from './reset.ts'
import { status } from './status.ts'
import type { Command } from '../run/types.ts'
import { up } from './up.ts'
import { version } from './version.ts'
import { versions } from './versions/index.ts'

/** Every command, in the order help lists them. */
export const COMMANDS: readonly Command[] = [
  check,
  plan,
  up,
  status,
  kubeconfig,
  certs,
  etcd,
  node,
  images,
  mirrors,
  bundle,
  lock,
  reset,
  explain,
  versions,
  version,
]
