import { bundle } from './bundle.ts'
import { certs } from './certs.ts'
import { check } from './check.ts'
import { etcd } from './etcd.ts'
import { explain } from './explain.ts'
import { images } from './images.ts'
import { kubeconfig } from './kubeconfig.ts'
import { lock } from './lock.ts'
import { mirrors } from './mirrors.ts'
import { node } from './node/index.ts'
import { plan } from './plan.ts'
import { reset } from './reset.ts'
import { status } from './status.ts'
import type { Command } from './types.ts'
import { up } from './up.ts'
import { version } from './version.ts'

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
  version,
]
