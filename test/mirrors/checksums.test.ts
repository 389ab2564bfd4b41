import { expect, test } from 'vitest'
import { ARTIFACTS } from '../../src/releases/artifacts.ts'
import { checksumPath, readChecksum } from '../../src/releases/checksums.ts'
import { releaseOf } from '../../src/releases/index.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

test('where the digest of each file is published', () => {
  const paths = Object.values(ARTIFACTS).map((make) => checksumPath(make(releaseOf('v1.36.3'), 'arm64')))
  expect(paths).toEqual([
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'].map(
      (name) => `dl.k8s.io/release/v1.36.3/bin/linux/arm64/${name}.sha256`,
    ),
    'github.com/etcd-io/etcd/releases/download/v3.6.14/SHA256SUMS',
    'github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-arm64.tar.gz.sha256sum',
    'github.com/opencontainers/runc/releases/download/v1.4.3/runc.sha256sum',
    'github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz.sha256',
  ])
})

test.for([
  ['a bare digest', A, A],
  ['with a newline, in capitals', `${A.toUpperCase()}\n`, A],
  ['the line of the file', `${B}  x.arm64\n${A}  x.amd64\n`, A],
  ['binary mode and a folder', `${A} *bin/x.amd64`, A],
  ['inside a signed text', `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${A} x.amd64\n-----END`, A],
  ['another file only', `${A}  y.amd64`, undefined],
  ['two that differ', `${A}  x.amd64\n${B}  x.amd64`, undefined],
  ['a page', '<html><body>Not found</body></html>', undefined],
  ['sha512', 'c'.repeat(128), undefined],
] as const)('%s', ([, text, digest]) => {
  expect(readChecksum(text, 'host/path/x.amd64')).toBe(digest && `sha256:${digest}`)
})
