/** The keys that all control planes share. Each is one value, whatever host it is read from. */
export type SecretName = 'ca' | 'etcd-ca' | 'front-proxy-ca' | 'sa' | 'encryption'
export type AuthorityName = 'ca' | 'etcd-ca' | 'front-proxy-ca'
/** Those that are a key and its public part; the encryption keys are one file. */
export type PairName = Exclude<SecretName, 'encryption'>
