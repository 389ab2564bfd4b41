import type { World } from '../engine/world.ts'
import type { AuthorityName, SecretName } from './types.ts'

const PKI = '/etc/kubernetes/pki'

/** Where each shared secret lies on a control plane; the first path is the public part by which holders are compared. */
export const SECRET_PATHS: Readonly<Record<SecretName, readonly string[]>> = {
  ca: [`${PKI}/ca.crt`, `${PKI}/ca.key`],
  'etcd-ca': [`${PKI}/etcd/ca.crt`, `${PKI}/etcd/ca.key`],
  'front-proxy-ca': [`${PKI}/front-proxy-ca.crt`, `${PKI}/front-proxy-ca.key`],
  sa: [`${PKI}/sa.pub`, `${PKI}/sa.key`],
  encryption: ['/etc/kubernetes/encryption.yaml'],
}

/** Common names of the three CAs, as kubeadm names them (kubernetes.io, PKI certificates and requirements). */
export const AUTHORITY_NAMES: Readonly<Record<AuthorityName, string>> = {
  ca: 'kubernetes-ca',
  'etcd-ca': 'etcd-ca',
  'front-proxy-ca': 'kubernetes-front-proxy-ca',
}

export const isAuthority = (name: SecretName): name is AuthorityName => name in AUTHORITY_NAMES

/** The digests of a secret's files on one host, joined; undefined unless all of them are there. */
export const holding = (world: World, host: string, name: SecretName): string | undefined => {
  const sums = SECRET_PATHS[name].map((path) => world[host]?.paths[path]?.sha256)
  return sums.every((sum) => sum !== undefined) ? sums.join(' ') : undefined
}

/** The hosts that hold a secret whole, in name order. */
export const holdersOf = (world: World, name: SecretName): string[] =>
  Object.keys(world)
    .sort()
    .filter((host) => holding(world, host, name) !== undefined)

/** The certificate of a CA as some control plane holds it; undefined while it has not been minted. */
export const authorityOf = (world: World, name: AuthorityName) => {
  const [holder] = holdersOf(world, name)
  return holder === undefined ? undefined : world[holder]?.paths[SECRET_PATHS[name][0] as string]?.certificate
}
