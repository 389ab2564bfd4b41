import type { AuthorityName, PairName, SecretName } from '../cluster/secret-names.ts'

const PKI = '/etc/kubernetes/pki'

/** All of them, in the order they are made. */
export const SECRET_NAMES: readonly SecretName[] = ['ca', 'etcd-ca', 'front-proxy-ca', 'sa', 'encryption']

/** The words by which `certs rotate` calls them. */
export const ROTATIONS: Readonly<Record<SecretName, string>> = {
  ca: 'ca',
  'etcd-ca': 'etcd-ca',
  'front-proxy-ca': 'front-proxy-ca',
  sa: 'service-account-key',
  encryption: 'encryption-key',
}

/** Where each shared secret lies on a control plane; the first path is its public part, or all of it. */
export const SECRET_PATHS: Readonly<Record<SecretName, readonly string[]>> = {
  ca: [`${PKI}/ca.crt`, `${PKI}/ca.key`],
  'etcd-ca': [`${PKI}/etcd/ca.crt`, `${PKI}/etcd/ca.key`],
  'front-proxy-ca': [`${PKI}/front-proxy-ca.crt`, `${PKI}/front-proxy-ca.key`],
  sa: [`${PKI}/sa.pub`, `${PKI}/sa.key`],
  encryption: ['/etc/kubernetes/encryption.yaml'],
}

/** Where the next value of a secret waits while it is being exchanged: its public part and its key. */
export const NEXT_PATHS: Readonly<Record<PairName, readonly [string, string]>> = {
  ca: [`${PKI}/ca-next.crt`, `${PKI}/ca-next.key`],
  'etcd-ca': [`${PKI}/etcd/ca-next.crt`, `${PKI}/etcd/ca-next.key`],
  'front-proxy-ca': [`${PKI}/front-proxy-ca-next.crt`, `${PKI}/front-proxy-ca-next.key`],
  sa: [`${PKI}/sa-next.pub`, `${PKI}/sa-next.key`],
}

/** The one certificate of the cluster's CA that signs, while ca.crt holds two: kube-controller-manager takes no bundle for that. */
export const SIGNING_PATH = `${PKI}/ca-signing.crt`

/** Files that are there only while a secret is being exchanged. */
export const PASSING_PATHS: readonly string[] = [...Object.values(NEXT_PATHS).flat(), SIGNING_PATH]

/** Common names of the three CAs, as kubeadm names them (kubernetes.io, PKI certificates and requirements). */
export const AUTHORITY_NAMES: Readonly<Record<AuthorityName, string>> = {
  ca: 'kubernetes-ca',
  'etcd-ca': 'etcd-ca',
  'front-proxy-ca': 'kubernetes-front-proxy-ca',
}

export const isAuthority = (name: SecretName): name is AuthorityName => name in AUTHORITY_NAMES

/** Whether a secret is a public part and a key, and not one file. */
export const isPair = (name: SecretName): name is PairName => name !== 'encryption'

/** Every file of a secret, in the order in which they may land: a public part without its key would pass for a whole secret. */
export const landing = (name: SecretName): readonly string[] => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  if (!isPair(name)) return [main]
  const [nextMain, nextKey] = NEXT_PATHS[name]
  return [nextKey, nextMain, key, ...(name === 'ca' ? [SIGNING_PATH] : []), main]
}
