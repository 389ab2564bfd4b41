/**
 * SHA-256 of files as upstream publishes them, by canonical path. Source: kubernetes-sigs/kubespray@46dbdd3 (2026-08-21),
 * roles/kubespray_defaults/vars/main/checksums.yml, which its maintainers take from the .sha256 files beside each release.
 * kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy are not in it: `slipway lock` fills them in.
 */
export const PUBLISHED: Readonly<Record<string, string>> = {
  'dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl': 'sha256:ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336',
  'dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet': 'sha256:46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718',
  'dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl': 'sha256:3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62',
  'dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubelet': 'sha256:57205a5daf5883873d87b4914e1e00bdd7707acd075714788cfb0fc1f60bc414',
  'github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-amd64.tar.gz':
    'sha256:9d68969855fbf676cdb8ed758e420fb048d61f984f61de3e53eddfebe484d168',
  'github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-arm64.tar.gz':
    'sha256:a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95',
  'github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz':
    'sha256:b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303',
  'github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz':
    'sha256:56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec',
  'github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz':
    'sha256:ffe840ff9295808e88cce2794a18a5ac87f12a5203c8314d0bf6aa119b41bac5',
  'github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-arm64.tar.gz':
    'sha256:fa1b80565ee6fc2df1ae6f57a508b221f3ecc7d591c317c581cd8281b0842b3e',
  'github.com/opencontainers/runc/releases/download/v1.4.3/runc.amd64':
    'sha256:f6ae8efc0fa40079e1475e97cbe9d1bd3f106a28d6af78a11d9f1bd565515e60',
  'github.com/opencontainers/runc/releases/download/v1.4.3/runc.arm64':
    'sha256:633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4',
}
