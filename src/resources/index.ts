import { absent } from './absent.ts'
import { aptSources } from './apt-sources.ts'
import { artifact } from './artifact.ts'
import { certificate } from './certificate.ts'
import { clusterRecord } from './cluster-record.ts'
import { checked } from './checked.ts'
import { directory } from './directory.ts'
import { drain, uncordon } from './drain.ts'
import { etcdAddress } from './etcd-address.ts'
import { etcdJoin, etcdPromote, etcdSnapshot } from './etcd.ts'
import { etcdRestore, restoreEnd } from './etcd-restore.ts'
import { file } from './file.ts'
import { functionalCheck } from './functional-check.ts'
import { image } from './image.ts'
import { hostname } from './hostname.ts'
import { link } from './link.ts'
import { modules } from './modules.ts'
import { nodeAbsent, nodeAddress, nodeRename } from './moved-node.ts'
import { node } from './node.ts'
import { objects } from './objects.ts'
import { packages } from './packages.ts'
import { networkDaemon, podNetwork } from './pod-network.ts'
import { registryHosts } from './registry-hosts.ts'
import { service } from './service.ts'
import { sharedSecret } from './shared-secret.ts'
import { swapOff } from './swap-off.ts'
import { sysctls } from './sysctls.ts'
import { timer } from './timer.ts'
import { trust } from './trust.ts'
import type { Kind, Resource } from './types.ts'
import { unit } from './unit.ts'
import { unitAbsent } from './unit-absent.ts'
import { user } from './user.ts'
import { verification } from './verification.ts'

type Kinds = { [K in Resource['kind']]: Kind<Extract<Resource, { kind: K }>> }

/** Every kind of resource; the compiler names the one that is missing. */
const KINDS: Kinds = {
  absent,
  'apt-sources': aptSources,
  artifact,
  certificate,
  checked,
  'cluster-record': clusterRecord,
  directory,
  drain,
  'etcd-address': etcdAddress,
  'etcd-join': etcdJoin,
  'etcd-promote': etcdPromote,
  'etcd-restore': etcdRestore,
  'etcd-snapshot': etcdSnapshot,
  file,
  'functional-check': functionalCheck,
  hostname,
  image,
  link,
  modules,
  node,
  'node-absent': nodeAbsent,
  'node-address': nodeAddress,
  'node-rename': nodeRename,
  'network-daemon': networkDaemon,
  objects,
  packages,
  'pod-network': podNetwork,
  'registry-hosts': registryHosts,
  'restore-end': restoreEnd,
  service,
  'shared-secret': sharedSecret,
  'swap-off': swapOff,
  sysctls,
  timer,
  trust,
  uncordon,
  unit,
  'unit-absent': unitAbsent,
  user,
  verification,
}

/** The kind of a resource. */
export const kindOf = <R extends Resource>(want: R): Kind<R> => KINDS[want.kind] as unknown as Kind<R>
