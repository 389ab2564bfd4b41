##### stage 1: secrets
# (here stands what it uses of src/shell)
main() {
enter
begin 0
put /etc/kubernetes/pki/ca.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/ca.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/ca.crt is drawn while applying)
SLIPWAY_END
finish 0
begin 1
put /etc/kubernetes/pki/etcd/ca.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/ca.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/ca.crt is drawn while applying)
SLIPWAY_END
finish 1
begin 2
put /etc/kubernetes/pki/front-proxy-ca.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/front-proxy-ca.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/front-proxy-ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/front-proxy-ca.crt is drawn while applying)
SLIPWAY_END
finish 2
begin 3
put /etc/kubernetes/pki/sa.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/sa.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/sa.pub 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/sa.pub is drawn while applying)
SLIPWAY_END
finish 3
begin 4
put /etc/kubernetes/encryption.yaml 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/encryption.yaml is drawn while applying)
SLIPWAY_END
finish 4
}
main; exit

##### stage 2: prepare, etcd, apiserver, controllers
# (here stands what it uses of src/shell)
main() {
enter
begin 0
(umask 022; cat >/var/lib/slipway/cluster.new) <<'SLIPWAY_END'
name small
etcd 10.0.0.11
SLIPWAY_END
sync /var/lib/slipway/cluster.new
mv -fT /var/lib/slipway/cluster.new /var/lib/slipway/cluster
finish 0
begin 1
apt_candidates 'debian' '/etc/apt/sources.list.d/debian.sources'
put '/etc/slipway/apt/debian/base/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/4-deb.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/security/1-security.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://security.debian.org/debian-security
Suites: bookworm-security
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
apt_sources 'debian'
finish 1
begin 2
put '/etc/apt/keyrings/kubernetes-apt-keyring.asc' 0644 root:root <<'SLIPWAY_END'
(a PGP key, 4b5b6d0df41018a1c7a28d60004333271387e17c481cf0dd27521f017a8c7b27)
SLIPWAY_END
apt_candidates 'kubernetes' '/etc/apt/sources.list.d/kubernetes.sources'
put '/etc/slipway/apt/kubernetes/kubernetes/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
put '/etc/slipway/apt/kubernetes/kubernetes/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
put '/etc/slipway/apt/kubernetes/kubernetes/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/kubernetes/core:/stable:/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
apt_sources 'kubernetes'
finish 2
begin 3
put '/etc/apt/keyrings/docker.asc' 0644 root:root <<'SLIPWAY_END'
(a PGP key, a311067ee29a93f3b1ee5589c582c8245f2fbfba5b0bd43e4b5e6e460488b357)
SLIPWAY_END
apt_candidates 'docker' '/etc/apt/sources.list.d/docker.sources'
put '/etc/slipway/apt/docker/docker/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
apt_sources 'docker'
finish 3
begin 4
packages 'ca-certificates' 'conntrack' 'curl' 'iptables' 'nftables'
finish 4
begin 5
keep_modules
put '/etc/modules-load.d/slipway.conf' 0644 root:root <<'SLIPWAY_END'
overlay
br_netfilter
nf_conntrack
SLIPWAY_END
load overlay br_netfilter nf_conntrack
finish 5
begin 6
keep_sysctls vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables fs.inotify.max_user_instances fs.inotify.max_user_watches
put '/etc/sysctl.d/zz-slipway.conf' 0644 root:root <<'SLIPWAY_END'
vm.overcommit_memory = 1
vm.panic_on_oom = 0
kernel.panic = 10
kernel.panic_on_oops = 1
kernel.keys.root_maxkeys = 1000000
kernel.keys.root_maxbytes = 25000000
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
SLIPWAY_END
sysctl -q -e -p /etc/sysctl.d/zz-slipway.conf
finish 6
begin 7
parent '/opt/slipway/runc/1.4.3'
new_stage
fetch sha256:46be260925cced9d3b8a72f6c5baefd4a0cddba7225f7c17784c50d5bc00d85f "$stage/download" 'https://files.m.daocloud.io/github.com/opencontainers/runc/releases/download/v1.4.3/runc.amd64' 'https://kubekey.pek3b.qingstor.com/github.com/opencontainers/runc/releases/download/v1.4.3/runc.amd64' 'https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.amd64'
mv "$stage"/download "$stage"/'runc'
used=sha256:46be260925cced9d3b8a72f6c5baefd4a0cddba7225f7c17784c50d5bc00d85f
chown root:root "$stage"/'runc'
chmod 0755 "$stage"/'runc'
settle "$stage"/'runc' '/opt/slipway/runc/1.4.3/runc'
sync '/opt/slipway/runc/1.4.3'
rm -rf "$stage"
stamp 'runc-1.4.3-runc' "$used" '/opt/slipway/runc/1.4.3/runc'
finish 7
begin 8
parent '/opt/slipway/containerd/2.3.4'
new_stage
fetch sha256:89953ac08e7bb84a340c0400192a69ebb40b98a54289b6b79c03a4f5f1faedf0 "$stage/download" 'https://files.m.daocloud.io/github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-amd64.tar.gz' 'https://kubekey.pek3b.qingstor.com/github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-amd64.tar.gz' 'https://github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-amd64.tar.gz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- 'bin/containerd' 'bin/containerd-shim-runc-v2' 'bin/ctr'
mv "$stage"/unpacked/'bin/containerd' "$stage"/'containerd'
mv "$stage"/unpacked/'bin/containerd-shim-runc-v2' "$stage"/'containerd-shim-runc-v2'
mv "$stage"/unpacked/'bin/ctr' "$stage"/'ctr'
used=sha256:89953ac08e7bb84a340c0400192a69ebb40b98a54289b6b79c03a4f5f1faedf0
chown root:root "$stage"/'containerd'
chmod 0755 "$stage"/'containerd'
settle "$stage"/'containerd' '/opt/slipway/containerd/2.3.4/containerd'
chown root:root "$stage"/'containerd-shim-runc-v2'
chmod 0755 "$stage"/'containerd-shim-runc-v2'
settle "$stage"/'containerd-shim-runc-v2' '/opt/slipway/containerd/2.3.4/containerd-shim-runc-v2'
chown root:root "$stage"/'ctr'
chmod 0755 "$stage"/'ctr'
settle "$stage"/'ctr' '/opt/slipway/containerd/2.3.4/ctr'
sync '/opt/slipway/containerd/2.3.4'
rm -rf "$stage"
stamp 'containerd-2.3.4-containerd' "$used" '/opt/slipway/containerd/2.3.4/containerd' '/opt/slipway/containerd/2.3.4/containerd-shim-runc-v2' '/opt/slipway/containerd/2.3.4/ctr'
finish 8
begin 9
parent '/opt/slipway/cni-plugins/1.9.1'
new_stage
fetch sha256:445360e3a98983348826e715c709189e60f2f7f7e614b6dceeeea318895b27be "$stage/download" 'https://files.m.daocloud.io/github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz' 'https://kubekey.pek3b.qingstor.com/github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz' 'https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- './bandwidth' './bridge' './firewall' './host-local' './loopback' './portmap' './tuning'
mv "$stage"/unpacked/'./bandwidth' "$stage"/'bandwidth'
mv "$stage"/unpacked/'./bridge' "$stage"/'bridge'
mv "$stage"/unpacked/'./firewall' "$stage"/'firewall'
mv "$stage"/unpacked/'./host-local' "$stage"/'host-local'
mv "$stage"/unpacked/'./loopback' "$stage"/'loopback'
mv "$stage"/unpacked/'./portmap' "$stage"/'portmap'
mv "$stage"/unpacked/'./tuning' "$stage"/'tuning'
used=sha256:445360e3a98983348826e715c709189e60f2f7f7e614b6dceeeea318895b27be
chown root:root "$stage"/'bandwidth'
chmod 0755 "$stage"/'bandwidth'
settle "$stage"/'bandwidth' '/opt/slipway/cni-plugins/1.9.1/bandwidth'
chown root:root "$stage"/'bridge'
chmod 0755 "$stage"/'bridge'
settle "$stage"/'bridge' '/opt/slipway/cni-plugins/1.9.1/bridge'
chown root:root "$stage"/'firewall'
chmod 0755 "$stage"/'firewall'
settle "$stage"/'firewall' '/opt/slipway/cni-plugins/1.9.1/firewall'
chown root:root "$stage"/'host-local'
chmod 0755 "$stage"/'host-local'
settle "$stage"/'host-local' '/opt/slipway/cni-plugins/1.9.1/host-local'
chown root:root "$stage"/'loopback'
chmod 0755 "$stage"/'loopback'
settle "$stage"/'loopback' '/opt/slipway/cni-plugins/1.9.1/loopback'
chown root:root "$stage"/'portmap'
chmod 0755 "$stage"/'portmap'
settle "$stage"/'portmap' '/opt/slipway/cni-plugins/1.9.1/portmap'
chown root:root "$stage"/'tuning'
chmod 0755 "$stage"/'tuning'
settle "$stage"/'tuning' '/opt/slipway/cni-plugins/1.9.1/tuning'
sync '/opt/slipway/cni-plugins/1.9.1'
rm -rf "$stage"
stamp 'cni-plugins-1.9.1-cni-plugins' "$used" '/opt/slipway/cni-plugins/1.9.1/bandwidth' '/opt/slipway/cni-plugins/1.9.1/bridge' '/opt/slipway/cni-plugins/1.9.1/firewall' '/opt/slipway/cni-plugins/1.9.1/host-local' '/opt/slipway/cni-plugins/1.9.1/loopback' '/opt/slipway/cni-plugins/1.9.1/portmap' '/opt/slipway/cni-plugins/1.9.1/tuning'
finish 9
begin 10
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:cfa070a8b072b3c7c6fa23cf38445e4b8586907e0ac62f029907c783106d18b8 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kubelet'
mv "$stage"/download "$stage"/'kubelet'
used=sha256:cfa070a8b072b3c7c6fa23cf38445e4b8586907e0ac62f029907c783106d18b8
chown root:root "$stage"/'kubelet'
chmod 0755 "$stage"/'kubelet'
settle "$stage"/'kubelet' '/opt/slipway/kubernetes/v1.36.3/kubelet'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kubelet' "$used" '/opt/slipway/kubernetes/v1.36.3/kubelet'
finish 10
begin 11
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:b2c8a413befa0ce0a3a6a4cd99a099c3506324f10e6d8fd2e6a15c89d314cb9f "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-proxy' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-proxy' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kube-proxy'
mv "$stage"/download "$stage"/'kube-proxy'
used=sha256:b2c8a413befa0ce0a3a6a4cd99a099c3506324f10e6d8fd2e6a15c89d314cb9f
chown root:root "$stage"/'kube-proxy'
chmod 0755 "$stage"/'kube-proxy'
settle "$stage"/'kube-proxy' '/opt/slipway/kubernetes/v1.36.3/kube-proxy'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kube-proxy' "$used" '/opt/slipway/kubernetes/v1.36.3/kube-proxy'
finish 11
begin 12
parent '/opt/slipway/etcd/3.6.14'
new_stage
fetch sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33 "$stage/download" 'https://files.m.daocloud.io/github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz' 'https://kubekey.pek3b.qingstor.com/github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz' 'https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- 'etcd-v3.6.14-linux-amd64/etcd' 'etcd-v3.6.14-linux-amd64/etcdctl' 'etcd-v3.6.14-linux-amd64/etcdutl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcd' "$stage"/'etcd'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdctl' "$stage"/'etcdctl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdutl' "$stage"/'etcdutl'
used=sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33
chown root:root "$stage"/'etcd'
chmod 0755 "$stage"/'etcd'
settle "$stage"/'etcd' '/opt/slipway/etcd/3.6.14/etcd'
chown root:root "$stage"/'etcdctl'
chmod 0755 "$stage"/'etcdctl'
settle "$stage"/'etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
chown root:root "$stage"/'etcdutl'
chmod 0755 "$stage"/'etcdutl'
settle "$stage"/'etcdutl' '/opt/slipway/etcd/3.6.14/etcdutl'
sync '/opt/slipway/etcd/3.6.14'
rm -rf "$stage"
stamp 'etcd-3.6.14-etcd' "$used" '/opt/slipway/etcd/3.6.14/etcd' '/opt/slipway/etcd/3.6.14/etcdctl' '/opt/slipway/etcd/3.6.14/etcdutl'
finish 12
begin 13
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:053259a9e1323f2d6e67e0d9c978d6376efc74b770779daed0153e22d819747d "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kube-apiserver'
mv "$stage"/download "$stage"/'kube-apiserver'
used=sha256:053259a9e1323f2d6e67e0d9c978d6376efc74b770779daed0153e22d819747d
chown root:root "$stage"/'kube-apiserver'
chmod 0755 "$stage"/'kube-apiserver'
settle "$stage"/'kube-apiserver' '/opt/slipway/kubernetes/v1.36.3/kube-apiserver'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kube-apiserver' "$used" '/opt/slipway/kubernetes/v1.36.3/kube-apiserver'
finish 13
begin 14
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:ed2bc9048db72541c46b05556e73e8cb2c6ccd6ed90f13421a42fafe4b9bdf94 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-controller-manager' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-controller-manager' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kube-controller-manager'
mv "$stage"/download "$stage"/'kube-controller-manager'
used=sha256:ed2bc9048db72541c46b05556e73e8cb2c6ccd6ed90f13421a42fafe4b9bdf94
chown root:root "$stage"/'kube-controller-manager'
chmod 0755 "$stage"/'kube-controller-manager'
settle "$stage"/'kube-controller-manager' '/opt/slipway/kubernetes/v1.36.3/kube-controller-manager'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kube-controller-manager' "$used" '/opt/slipway/kubernetes/v1.36.3/kube-controller-manager'
finish 14
begin 15
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:05b9ca184b02d0666377a72513a9f2f01c1d176e20fce409b27466264268f8de "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-scheduler' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-scheduler' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kube-scheduler'
mv "$stage"/download "$stage"/'kube-scheduler'
used=sha256:05b9ca184b02d0666377a72513a9f2f01c1d176e20fce409b27466264268f8de
chown root:root "$stage"/'kube-scheduler'
chmod 0755 "$stage"/'kube-scheduler'
settle "$stage"/'kube-scheduler' '/opt/slipway/kubernetes/v1.36.3/kube-scheduler'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kube-scheduler' "$used" '/opt/slipway/kubernetes/v1.36.3/kube-scheduler'
finish 15
begin 16
parent '/opt/slipway/kubernetes/v1.36.3'
new_stage
fetch sha256:dfe19bfbe1db4803640bf9feea0b6ffe3592004ab9130cbb539c52b760de955a "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl' 'https://kubekey.pek3b.qingstor.com/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl' 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kubectl'
mv "$stage"/download "$stage"/'kubectl'
used=sha256:dfe19bfbe1db4803640bf9feea0b6ffe3592004ab9130cbb539c52b760de955a
chown root:root "$stage"/'kubectl'
chmod 0755 "$stage"/'kubectl'
settle "$stage"/'kubectl' '/opt/slipway/kubernetes/v1.36.3/kubectl'
sync '/opt/slipway/kubernetes/v1.36.3'
rm -rf "$stage"
stamp 'kubernetes-v1.36.3-kubectl' "$used" '/opt/slipway/kubernetes/v1.36.3/kubectl'
finish 16
begin 17
put '/etc/slipway/known_hosts' 0644 root:root <<'SLIPWAY_END'
10.0.0.11 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIbb7db1dbc69681b1a0907519ade4a02dbcdcf195fb7
10.0.0.21 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI60c5590f72eef292f9545afc28bf63ca91d2016a0a2
10.0.0.22 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI06f8faea3b5f697691b6d063a07ba4ffaf1ece9a1d4
SLIPWAY_END
finish 17
begin 18
id 'etcd' >/dev/null 2>&1 || {
	remember user 'etcd'
	useradd --system --user-group --home-dir '/var/lib/etcd' --no-create-home --shell /usr/sbin/nologin 'etcd'
}
finish 18
begin 19
directory '/var/lib/etcd' 0700 etcd:etcd
finish 19
begin 20
link '/usr/local/bin/etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
finish 20
begin 21
put /etc/kubernetes/pki/etcd/server.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/server.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-server 0600 root:root <<'SLIPWAY_END'
1da6a11e603f718643424e46d9f06562181d38bdad73fda58db7e09de3a00ac6 754893a1c6946ada552afbe68bb9a31e2b327cd4b45d2a340160c7c479e38bdb
SLIPWAY_END
finish 21
begin 22
put /etc/kubernetes/pki/etcd/peer.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/peer.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-peer 0600 root:root <<'SLIPWAY_END'
80b9d7202308e1ca66970cb8ea85f64286e92a91493ae9800dad2a0e3f3de747 fd5014d7dfd07914a788139cdb711636a821ea96c4089682b89835ecb41e46fc
SLIPWAY_END
finish 22
begin 23
put /etc/kubernetes/pki/etcd/healthcheck-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/healthcheck-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-healthcheck-client 0600 root:root <<'SLIPWAY_END'
a9abbd8821091188392d210fd0caec6ef60d603e7a4968ee302736d976e1c6e5 7bedeffa3de9566012c0eb4753ea40fd6843b1f7288b0d5f95feaad2c6cca57d
SLIPWAY_END
finish 23
begin 24
put '/etc/slipway/etcd-bootstrap.env' 0644 root:root <<'SLIPWAY_END'
SLIPWAY_BOOTSTRAP=--initial-cluster=cp1=https://10.0.0.11:2380 --initial-cluster-token=small --initial-cluster-state=new
SLIPWAY_END
finish 24
begin 25
unit_file etcd <<'SLIPWAY_END'
[Unit]
Description=etcd key-value store of Kubernetes
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
EnvironmentFile=-/etc/slipway/units/etcd.env
EnvironmentFile=-/etc/slipway/etcd-bootstrap.env
ExecStart=/opt/slipway/etcd/3.6.14/etcd \
  --name=cp1 \
  --data-dir=/var/lib/etcd \
  --listen-peer-urls=https://10.0.0.11:2380 \
  --initial-advertise-peer-urls=https://10.0.0.11:2380 \
  --listen-client-urls=https://10.0.0.11:2379,https://127.0.0.1:2379 \
  --advertise-client-urls=https://10.0.0.11:2379 \
  --listen-metrics-urls=http://127.0.0.1:2381 \
  --cert-file=/etc/kubernetes/pki/etcd/server.crt \
  --key-file=/etc/kubernetes/pki/etcd/server.key \
  --client-cert-auth=true \
  --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt \
  --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt \
  --peer-key-file=/etc/kubernetes/pki/etcd/peer.key \
  --peer-client-cert-auth=true \
  --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt \
  --feature-gates=InitialCorruptCheck=true \
  --watch-progress-notify-interval=5s \
  --auto-compaction-retention=8 \
  --quota-backend-bytes=2147483648 \
  $SLIPWAY_BOOTSTRAP
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 -o /dev/null http://127.0.0.1:2381/readyz
}
start 'etcd' 180 ready '/etc/systemd/system/etcd.service' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/etcd/server.crt' '/etc/kubernetes/pki/etcd/peer.crt'
finish 25
begin 26
directory '/var/log/kubernetes' 0700 root:root
finish 26
begin 27
put /etc/kubernetes/pki/apiserver.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/apiserver.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-apiserver 0600 root:root <<'SLIPWAY_END'
286a090cae7d4a6800796a9d394eee8a935cfcc07bc6e6e2d5fccf21a22980be 9aa615f33dab465868b0b776a233c4830f9f96926ca09601982d626ac4defd08
SLIPWAY_END
finish 27
begin 28
put /etc/kubernetes/pki/apiserver-etcd-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver-etcd-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/apiserver-etcd-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver-etcd-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-apiserver-etcd-client 0600 root:root <<'SLIPWAY_END'
bfd15673bfbad63ece9222fe2ffdf1de3189abec7bf9760bdf5d5deb5f6f4d28 e80c8d34452d8c3bb719fd81c4f73486e6871c8edc78319ce9d2e4287b41f7d6
SLIPWAY_END
finish 28
begin 29
put /etc/kubernetes/pki/apiserver-kubelet-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver-kubelet-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/apiserver-kubelet-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/apiserver-kubelet-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-apiserver-kubelet-client 0600 root:root <<'SLIPWAY_END'
d31983bcc4c1d9b24b96af19bbf4ecfecec54d864af1102edd5ed4bb60c65cdd 3aeaa14c7ad263b9a8fe177af487488828f1614964807a9354bbe59d1e097944
SLIPWAY_END
finish 29
begin 30
put /etc/kubernetes/pki/front-proxy-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/front-proxy-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/front-proxy-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/front-proxy-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-front-proxy-client 0600 root:root <<'SLIPWAY_END'
c94d4cee78c69eac647d3bec69fa830bbf886cc1515872522a106824804d6aba 2a3e6b03f290abd4e9a40686a067a75907a14c2f5cc0752b9e1f4cd22474128c
SLIPWAY_END
finish 30
begin 31
put '/etc/kubernetes/audit-policy.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages:
  - RequestReceived
rules:
  - level: None
    nonResourceURLs:
      - /healthz*
      - /livez*
      - /readyz*
      - /version
      - /openapi*
  - level: None
    users:
      - system:kube-proxy
    verbs:
      - watch
  - level: None
    verbs:
      - get
      - update
      - patch
    resources:
      - group: coordination.k8s.io
        resources:
          - leases
  - level: None
    resources:
      - group: ""
        resources:
          - events
      - group: events.k8s.io
  - level: Metadata
SLIPWAY_END
finish 31
begin 32
put '/etc/kubernetes/authentication.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt: []
anonymous:
  enabled: true
  conditions:
    - path: /livez
    - path: /readyz
    - path: /healthz
SLIPWAY_END
finish 32
begin 33
unit_file kube-apiserver <<'SLIPWAY_END'
[Unit]
Description=Kubernetes API server
After=network-online.target etcd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=-/etc/slipway/units/kube-apiserver.env
ExecStart=/opt/slipway/kubernetes/v1.36.3/kube-apiserver \
  --advertise-address=10.0.0.11 \
  --secure-port=6443 \
  --allow-privileged=true \
  --etcd-servers=https://127.0.0.1:2379 \
  --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt \
  --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt \
  --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key \
  --client-ca-file=/etc/kubernetes/pki/ca.crt \
  --tls-cert-file=/etc/kubernetes/pki/apiserver.crt \
  --tls-private-key-file=/etc/kubernetes/pki/apiserver.key \
  --tls-min-version=VersionTLS12 \
  --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305 \
  --authentication-config=/etc/kubernetes/authentication.yaml \
  --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NodeRestriction \
  --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt \
  --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key \
  --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt \
  --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname \
  --service-cluster-ip-range=10.96.0.0/12 \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file=/etc/kubernetes/pki/sa.pub \
  --service-account-signing-key-file=/etc/kubernetes/pki/sa.key \
  --service-account-extend-token-expiration=false \
  --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt \
  --requestheader-allowed-names=front-proxy-client \
  --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group \
  --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file=/etc/kubernetes/pki/front-proxy-client.crt \
  --proxy-client-key-file=/etc/kubernetes/pki/front-proxy-client.key \
  --enable-aggregator-routing=true \
  --encryption-provider-config=/etc/kubernetes/encryption.yaml \
  --audit-policy-file=/etc/kubernetes/audit-policy.yaml \
  --audit-log-path=/var/log/kubernetes/audit.log \
  --audit-log-maxage=30 \
  --audit-log-maxbackup=10 \
  --audit-log-maxsize=100 \
  --profiling=false \
  --shutdown-delay-duration=10s \
  --shutdown-watch-termination-grace-period=5s
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz
}
start 'kube-apiserver' 180 ready '/etc/systemd/system/kube-apiserver.service' '/etc/kubernetes/pki/ca.crt' '/etc/kubernetes/pki/front-proxy-ca.crt' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/apiserver.crt' '/etc/kubernetes/pki/apiserver-etcd-client.crt' '/etc/kubernetes/pki/apiserver-kubelet-client.crt' '/etc/kubernetes/pki/front-proxy-client.crt' '/etc/kubernetes/pki/sa.pub' '/etc/kubernetes/pki/sa.key' '/etc/kubernetes/encryption.yaml' '/etc/kubernetes/audit-policy.yaml' '/etc/kubernetes/authentication.yaml'
finish 33
begin 34
put /etc/kubernetes/pki/controller-manager.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/controller-manager.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/controller-manager.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/controller-manager.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-controller-manager 0600 root:root <<'SLIPWAY_END'
38d3899e01f11596660139075b8e5dfd0a5c0fc166af7ea521cca836b2c9c2ad e8df294b28799d7b0d1304e5952b7067ed9f1950f0695b82bb4c1d4d085303da
SLIPWAY_END
finish 34
begin 35
put '/etc/kubernetes/controller-manager.conf' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: Config
clusters:
  - name: kubernetes
    cluster:
      certificate-authority: /etc/kubernetes/pki/ca.crt
      server: https://127.0.0.1:6443
users:
  - name: system:kube-controller-manager
    user:
      client-certificate: /etc/kubernetes/pki/controller-manager.crt
      client-key: /etc/kubernetes/pki/controller-manager.key
contexts:
  - name: default
    context:
      cluster: kubernetes
      user: system:kube-controller-manager
current-context: default
SLIPWAY_END
finish 35
begin 36
unit_file kube-controller-manager <<'SLIPWAY_END'
[Unit]
Description=Kubernetes controller manager
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-controller-manager.env
ExecStart=/opt/slipway/kubernetes/v1.36.3/kube-controller-manager \
  --kubeconfig=/etc/kubernetes/controller-manager.conf \
  --authentication-kubeconfig=/etc/kubernetes/controller-manager.conf \
  --authorization-kubeconfig=/etc/kubernetes/controller-manager.conf \
  --bind-address=127.0.0.1 \
  --leader-elect=true \
  --profiling=false \
  --use-service-account-credentials=true \
  --service-account-private-key-file=/etc/kubernetes/pki/sa.key \
  --root-ca-file=/etc/kubernetes/pki/ca.crt \
  --client-ca-file=/etc/kubernetes/pki/ca.crt \
  --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt \
  --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt \
  --cluster-signing-key-file=/etc/kubernetes/pki/ca.key \
  --cluster-signing-duration=315360000s \
  --cluster-name=small \
  --allocate-node-cidrs=true \
  --cluster-cidr=10.244.0.0/16 \
  --node-cidr-mask-size=24 \
  --service-cluster-ip-range=10.96.0.0/12 \
  --terminated-pod-gc-threshold=1000
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 -k https://127.0.0.1:10257/healthz
}
start 'kube-controller-manager' 90 ready '/etc/systemd/system/kube-controller-manager.service' '/etc/kubernetes/controller-manager.conf' '/etc/kubernetes/pki/controller-manager.crt' '/etc/kubernetes/pki/ca.crt' '/etc/kubernetes/pki/ca.key' '/etc/kubernetes/pki/sa.pub' '/etc/kubernetes/pki/sa.key' '/etc/kubernetes/pki/front-proxy-ca.crt'
finish 36
begin 37
put /etc/kubernetes/pki/scheduler.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/scheduler.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/scheduler.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/scheduler.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-scheduler 0600 root:root <<'SLIPWAY_END'
6431b5bca2a8d430247ed5f8b9cdf4715493f3648f61ea633bf4b519c8b9b17f 759e8b4508f71ee2196a8dd1bb75059d01e21ef3d5f2c917d6f463be7b30bf38
SLIPWAY_END
finish 37
begin 38
put '/etc/kubernetes/scheduler.conf' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: Config
clusters:
  - name: kubernetes
    cluster:
      certificate-authority: /etc/kubernetes/pki/ca.crt
      server: https://127.0.0.1:6443
users:
  - name: system:kube-scheduler
    user:
      client-certificate: /etc/kubernetes/pki/scheduler.crt
      client-key: /etc/kubernetes/pki/scheduler.key
contexts:
  - name: default
    context:
      cluster: kubernetes
      user: system:kube-scheduler
current-context: default
SLIPWAY_END
finish 38
begin 39
unit_file kube-scheduler <<'SLIPWAY_END'
[Unit]
Description=Kubernetes scheduler
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-scheduler.env
ExecStart=/opt/slipway/kubernetes/v1.36.3/kube-scheduler \
  --kubeconfig=/etc/kubernetes/scheduler.conf \
  --authentication-kubeconfig=/etc/kubernetes/scheduler.conf \
  --authorization-kubeconfig=/etc/kubernetes/scheduler.conf \
  --bind-address=127.0.0.1 \
  --leader-elect=true \
  --profiling=false
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 -k https://127.0.0.1:10259/readyz
}
start 'kube-scheduler' 90 ready '/etc/systemd/system/kube-scheduler.service' '/etc/kubernetes/scheduler.conf' '/etc/kubernetes/pki/scheduler.crt' '/etc/kubernetes/pki/ca.crt'
finish 39
begin 40
link '/usr/local/bin/kubectl' '/opt/slipway/kubernetes/v1.36.3/kubectl'
finish 40
begin 41
put /etc/kubernetes/admin.conf 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/admin.conf is drawn while applying)
SLIPWAY_END
finish 41
begin 42
put '/etc/slipway/manifests/bootstrap-rbac.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: kube-apiserver-kubelet-client
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:kubelet-api-admin
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: User
    name: kube-apiserver-kubelet-client
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: kubeadm:cluster-admins
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: kubeadm:cluster-admins
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: slipway:renew-node-certificates
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:nodes
SLIPWAY_END
finish 42
begin 43
install -d -m 0700 /run/slipway/secret
(umask 077; cat >/run/slipway/secret/super-admin.conf) <<'SLIPWAY_END'
(the content of /run/slipway/secret/super-admin.conf is drawn while applying)
SLIPWAY_END
applied() { k 50 --kubeconfig /run/slipway/secret/super-admin.conf apply --server-side --force-conflicts --field-manager=slipway -f /etc/slipway/manifests/bootstrap-rbac.yaml; }
await 60 bootstrap-rbac applied
rm -rf /run/slipway/secret
finish 43
}
main; exit

##### stage 3: nodes
# (here stands what it uses of src/shell)
main() {
enter
begin 0
link '/usr/local/bin/ctr' '/opt/slipway/containerd/2.3.4/ctr'
finish 0
begin 1
link '/usr/local/bin/containerd-shim-runc-v2' '/opt/slipway/containerd/2.3.4/containerd-shim-runc-v2'
finish 1
begin 2
link '/usr/local/bin/runc' '/opt/slipway/runc/1.4.3/runc'
finish 2
begin 3
put '/etc/containerd/certs.d/docker.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# docker.io
server = "https://docker.m.daocloud.io"
capabilities = ["pull", "resolve"]
dial_timeout = "5s"
SLIPWAY_END
finish 3
begin 4
put '/etc/containerd/certs.d/gcr.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# gcr.io
server = "https://gcr.m.daocloud.io"
capabilities = ["pull", "resolve"]
dial_timeout = "5s"
SLIPWAY_END
finish 4
begin 5
put '/etc/containerd/certs.d/ghcr.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# ghcr.io
server = "https://ghcr.m.daocloud.io"
capabilities = ["pull", "resolve"]
dial_timeout = "5s"
SLIPWAY_END
finish 5
begin 6
put '/etc/containerd/certs.d/k8s.gcr.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# k8s.gcr.io
server = "https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers"
capabilities = ["pull", "resolve"]
override_path = true
dial_timeout = "5s"

[host."https://k8s-gcr.m.daocloud.io"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "5s"
SLIPWAY_END
finish 6
begin 7
put '/etc/containerd/certs.d/quay.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# quay.io
server = "https://quay.m.daocloud.io"
capabilities = ["pull", "resolve"]
dial_timeout = "5s"
SLIPWAY_END
finish 7
begin 8
put '/etc/containerd/certs.d/registry.k8s.io/hosts.toml' 0644 root:root <<'SLIPWAY_END'
# registry.k8s.io
server = "https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers"
capabilities = ["pull", "resolve"]
override_path = true
dial_timeout = "5s"

[host."https://k8s.m.daocloud.io"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "5s"
SLIPWAY_END
finish 8
begin 9
put '/etc/containerd/config.toml' 0644 root:root <<'SLIPWAY_END'
version = 3
disabled_plugins = []

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "m.daocloud.io/registry.k8s.io/pause@sha256:5e7aff91bd62e19e53bbbbeda74e9e9eb671ebeb3e9eee5f2d4c074895da0cf4"

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "/etc/containerd/certs.d"

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = "/usr/local/bin/runc"
  SystemdCgroup = true
SLIPWAY_END
finish 9
begin 10
unit_file containerd <<'SLIPWAY_END'
[Unit]
Description=containerd container runtime
After=network-online.target local-fs.target dbus.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=-/etc/slipway/units/containerd.env
ExecStart=/opt/slipway/containerd/2.3.4/containerd \
  --config \
  /etc/containerd/config.toml
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576
Delegate=yes
KillMode=process
TasksMax=infinity
LimitCORE=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
ctr --connect-timeout 2s plugins ls | grep -E "io.containerd.grpc.v1 +cri .* ok"
}
rm -f /etc/slipway/checked
start 'containerd' 60 ready '/etc/systemd/system/containerd.service' '/etc/containerd/config.toml'
finish 10
begin 11
new_stage
deliver_image 'm.daocloud.io/registry.k8s.io/pause@sha256:5e7aff91bd62e19e53bbbbeda74e9e9eb671ebeb3e9eee5f2d4c074895da0cf4' amd64 "$stage" 'https://m.daocloud.io/v2/registry.k8s.io/pause' sha256:5e7aff91bd62e19e53bbbbeda74e9e9eb671ebeb3e9eee5f2d4c074895da0cf4 'https://k8s.m.daocloud.io/v2/pause' sha256:5e7aff91bd62e19e53bbbbeda74e9e9eb671ebeb3e9eee5f2d4c074895da0cf4
rm -rf "$stage"
stamp 'image-registry.k8s.io_pause_3.10.2' "$used "'m.daocloud.io/registry.k8s.io/pause@sha256:5e7aff91bd62e19e53bbbbeda74e9e9eb671ebeb3e9eee5f2d4c074895da0cf4'
finish 11
begin 12
new_stage
deliver_image 'm.daocloud.io/registry.k8s.io/coredns/coredns@sha256:9e55d4c52e52296f8ef80966157f5216f77bf721a250b7fd1e21678603b8ced9' amd64 "$stage" 'https://m.daocloud.io/v2/registry.k8s.io/coredns/coredns' sha256:9e55d4c52e52296f8ef80966157f5216f77bf721a250b7fd1e21678603b8ced9 'https://k8s.m.daocloud.io/v2/coredns/coredns' sha256:9e55d4c52e52296f8ef80966157f5216f77bf721a250b7fd1e21678603b8ced9
rm -rf "$stage"
stamp 'image-registry.k8s.io_coredns_coredns_v1.14.6' "$used "'m.daocloud.io/registry.k8s.io/coredns/coredns@sha256:9e55d4c52e52296f8ef80966157f5216f77bf721a250b7fd1e21678603b8ced9'
finish 12
begin 13
new_stage
deliver_image 'm.daocloud.io/ghcr.io/flannel-io/flannel@sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed' amd64 "$stage" 'https://m.daocloud.io/v2/ghcr.io/flannel-io/flannel' sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed 'https://ghcr.m.daocloud.io/v2/flannel-io/flannel' sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed
rm -rf "$stage"
stamp 'image-ghcr.io_flannel-io_flannel_v0.28.7' "$used "'m.daocloud.io/ghcr.io/flannel-io/flannel@sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed'
finish 13
begin 14
new_stage
deliver_image 'm.daocloud.io/ghcr.io/flannel-io/flannel-cni-plugin@sha256:e41159187c4c4e321495ea052adf4c4e5876c2e3b29f0b5c6df9e0e858dca03d' amd64 "$stage" 'https://m.daocloud.io/v2/ghcr.io/flannel-io/flannel-cni-plugin' sha256:e41159187c4c4e321495ea052adf4c4e5876c2e3b29f0b5c6df9e0e858dca03d 'https://ghcr.m.daocloud.io/v2/flannel-io/flannel-cni-plugin' sha256:e41159187c4c4e321495ea052adf4c4e5876c2e3b29f0b5c6df9e0e858dca03d
rm -rf "$stage"
stamp 'image-ghcr.io_flannel-io_flannel-cni-plugin_v1.9.1-flannel1' "$used "'m.daocloud.io/ghcr.io/flannel-io/flannel-cni-plugin@sha256:e41159187c4c4e321495ea052adf4c4e5876c2e3b29f0b5c6df9e0e858dca03d'
finish 14
begin 15
new_stage
deliver_image 'm.daocloud.io/registry.k8s.io/e2e-test-images/agnhost@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80' amd64 "$stage" 'https://m.daocloud.io/v2/registry.k8s.io/e2e-test-images/agnhost' sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80 'https://k8s.m.daocloud.io/v2/e2e-test-images/agnhost' sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
rm -rf "$stage"
stamp 'image-registry.k8s.io_e2e-test-images_agnhost_2.59' "$used "'m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80'
finish 15
begin 16
directory '/etc/cni/net.d' 0755 root:root
finish 16
begin 17
link '/opt/cni/bin/bandwidth' '/opt/slipway/cni-plugins/1.9.1/bandwidth'
finish 17
begin 18
link '/opt/cni/bin/bridge' '/opt/slipway/cni-plugins/1.9.1/bridge'
finish 18
begin 19
link '/opt/cni/bin/firewall' '/opt/slipway/cni-plugins/1.9.1/firewall'
finish 19
begin 20
link '/opt/cni/bin/host-local' '/opt/slipway/cni-plugins/1.9.1/host-local'
finish 20
begin 21
link '/opt/cni/bin/loopback' '/opt/slipway/cni-plugins/1.9.1/loopback'
finish 21
begin 22
link '/opt/cni/bin/portmap' '/opt/slipway/cni-plugins/1.9.1/portmap'
finish 22
begin 23
link '/opt/cni/bin/tuning' '/opt/slipway/cni-plugins/1.9.1/tuning'
finish 23
begin 24
put /var/lib/kubelet/pki/kubelet-client-slipway.pem 0600 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet-client-slipway.pem is drawn while applying)
SLIPWAY_END
finish 24
begin 25
link '/var/lib/kubelet/pki/kubelet-client-current.pem' '/var/lib/kubelet/pki/kubelet-client-slipway.pem'
finish 25
begin 26
put /var/lib/kubelet/pki/kubelet.key 0600 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet.key is drawn while applying)
SLIPWAY_END
put /var/lib/kubelet/pki/kubelet.crt 0644 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/var-lib-kubelet-pki-kubelet 0600 root:root <<'SLIPWAY_END'
53126b11c8354d66639459eba4a2f175a81b5d2ce9aa8ff2211729e4d59f1362 e3eabab2a0345dfc3562d159a6bcad4efcf9a096a96984ce7e66574dd6c9947c
SLIPWAY_END
finish 26
begin 27
put '/etc/kubernetes/kubelet.conf' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: Config
clusters:
  - name: kubernetes
    cluster:
      certificate-authority: /etc/kubernetes/pki/ca.crt
      server: https://127.0.0.1:6443
users:
  - name: default-auth
    user:
      client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
      client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
contexts:
  - name: default
    context:
      cluster: kubernetes
      user: default-auth
current-context: default
SLIPWAY_END
finish 27
begin 28
put '/var/lib/kubelet/config.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
tlsCertFile: /var/lib/kubelet/pki/kubelet.crt
tlsPrivateKeyFile: /var/lib/kubelet/pki/kubelet.key
tlsMinVersion: VersionTLS12
tlsCipherSuites:
  - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
  - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305
  - TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
rotateCertificates: true
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: systemd
failCgroupV1: false
clusterDNS:
  - 10.96.0.10
clusterDomain: cluster.local
resolvConf: /etc/resolv.conf
protectKernelDefaults: true
seccompDefault: true
podPidsLimit: 4096
eventRecordQPS: 50
kubeReserved:
  cpu: 100m
  memory: 256Mi
  pid: "1000"
evictionHard:
  memory.available: 100Mi
  nodefs.available: 5%
  nodefs.inodesFree: 5%
  imagefs.available: 5%
mergeDefaultEvictionSettings: true
serializeImagePulls: false
maxParallelImagePulls: 5
containerLogMaxSize: 10Mi
registerWithTaints:
  - key: node-role.kubernetes.io/control-plane
    effect: NoSchedule
SLIPWAY_END
finish 28
begin 29
unit_file kubelet <<'SLIPWAY_END'
[Unit]
Description=Kubernetes node agent
After=network-online.target containerd.service
Wants=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kubelet.env
ExecStart=/opt/slipway/kubernetes/v1.36.3/kubelet \
  --config=/var/lib/kubelet/config.yaml \
  --kubeconfig=/etc/kubernetes/kubelet.conf \
  --cert-dir=/var/lib/kubelet/pki \
  --hostname-override=cp1 \
  --node-ip=10.0.0.11
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576
KillMode=process
CPUAccounting=true
MemoryAccounting=true

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 http://127.0.0.1:10248/healthz
}
rm -f /etc/slipway/checked
start 'kubelet' 90 ready '/etc/systemd/system/kubelet.service' '/var/lib/kubelet/config.yaml' '/etc/kubernetes/kubelet.conf' '/var/lib/kubelet/pki/kubelet.crt' '/etc/kubernetes/pki/ca.crt'
finish 29
begin 30
put /etc/kubernetes/pki/kube-proxy.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/kube-proxy.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/kube-proxy.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/kube-proxy.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-kube-proxy 0600 root:root <<'SLIPWAY_END'
6d57fd09d6f461514492c8afa3fca1d4d4bd58b1c907cfbeea71b332a4501b6f 400997ef14745e8b95bcddb51543f53f7493fe239b8473ad6d2634406c554102
SLIPWAY_END
finish 30
begin 31
put '/etc/kubernetes/proxy.conf' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: Config
clusters:
  - name: kubernetes
    cluster:
      certificate-authority: /etc/kubernetes/pki/ca.crt
      server: https://127.0.0.1:6443
users:
  - name: system:kube-proxy
    user:
      client-certificate: /etc/kubernetes/pki/kube-proxy.crt
      client-key: /etc/kubernetes/pki/kube-proxy.key
contexts:
  - name: default
    context:
      cluster: kubernetes
      user: system:kube-proxy
current-context: default
SLIPWAY_END
finish 31
begin 32
put '/var/lib/kube-proxy/config.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection:
  kubeconfig: /etc/kubernetes/proxy.conf
clusterCIDR: 10.244.0.0/16
detectLocalMode: ClusterCIDR
hostnameOverride: cp1
healthzBindAddress: 0.0.0.0:10256
metricsBindAddress: 127.0.0.1:10249
nodePortAddresses:
  - primary
conntrack:
  maxPerCore: 0
  min: 0
  tcpEstablishedTimeout: 0s
  tcpCloseWaitTimeout: 0s
SLIPWAY_END
finish 32
begin 33
unit_file kube-proxy <<'SLIPWAY_END'
[Unit]
Description=Kubernetes network proxy
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-proxy.env
ExecStart=/opt/slipway/kubernetes/v1.36.3/kube-proxy \
  --config=/var/lib/kube-proxy/config.yaml
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 2 http://127.0.0.1:10256/livez
}
rm -f /etc/slipway/checked
start 'kube-proxy' 90 ready '/etc/systemd/system/kube-proxy.service' '/var/lib/kube-proxy/config.yaml' '/etc/kubernetes/proxy.conf' '/etc/kubernetes/pki/kube-proxy.crt' '/etc/kubernetes/pki/ca.crt'
finish 33
}
main; exit

##### stage 4: addons
# (here stands what it uses of src/shell)
main() {
enter
begin 0
put '/etc/slipway/manifests/flannel.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: Namespace
metadata:
  name: kube-flannel
  labels:
    pod-security.kubernetes.io/enforce: privileged
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flannel
  namespace: kube-flannel
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: flannel
rules:
  - apiGroups:
      - ""
    resources:
      - pods
    verbs:
      - get
  - apiGroups:
      - ""
    resources:
      - nodes
    verbs:
      - get
      - list
      - watch
  - apiGroups:
      - ""
    resources:
      - nodes/status
    verbs:
      - patch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: flannel
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: flannel
subjects:
  - kind: ServiceAccount
    name: flannel
    namespace: kube-flannel
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-flannel-cfg
  namespace: kube-flannel
  labels:
    app: flannel
    tier: node
data:
  cni-conf.json: |-
    {
      "name": "cbr0",
      "cniVersion": "0.3.1",
      "plugins": [
        {
          "type": "flannel",
          "delegate": {
            "hairpinMode": true,
            "isDefaultGateway": true
          }
        },
        {
          "type": "portmap",
          "capabilities": {
            "portMappings": true
          }
        }
      ]
    }
  net-conf.json: |-
    {
      "Network": "10.244.0.0/16",
      "EnableNFTables": false,
      "Backend": {
        "Type": "vxlan"
      }
    }
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kube-flannel-ds
  namespace: kube-flannel
  labels:
    app: flannel
    tier: node
spec:
  selector:
    matchLabels:
      app: flannel
      tier: node
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 25%
  template:
    metadata:
      labels:
        app: flannel
        tier: node
      annotations:
        slipway/config: 2a855063c8795608d09d28a1b7a8927d4df8c3a8d7678c5b5b56c2a2787e01e5
    spec:
      hostNetwork: true
      priorityClassName: system-node-critical
      serviceAccountName: flannel
      tolerations:
        - operator: Exists
      initContainers:
        - name: install-cni-plugin
          image: m.daocloud.io/ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1@sha256:e41159187c4c4e321495ea052adf4c4e5876c2e3b29f0b5c6df9e0e858dca03d
          command:
            - cp
            - -f
            - /flannel
            - /opt/cni/bin/flannel
          volumeMounts:
            - name: cni-plugin
              mountPath: /opt/cni/bin
        - name: install-cni
          image: m.daocloud.io/ghcr.io/flannel-io/flannel:v0.28.7@sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed
          command:
            - cp
            - -f
            - /etc/kube-flannel/cni-conf.json
            - /etc/cni/net.d/10-flannel.conflist
          volumeMounts:
            - name: cni
              mountPath: /etc/cni/net.d
            - name: flannel-cfg
              mountPath: /etc/kube-flannel/
      containers:
        - name: kube-flannel
          image: m.daocloud.io/ghcr.io/flannel-io/flannel:v0.28.7@sha256:9054f14bd4c269cd683f2e6574da4740c82d2b266babeb5ffa4babb3b9d9f5ed
          command:
            - /opt/bin/flanneld
          args:
            - --ip-masq
            - --kube-subnet-mgr
            - --iface=$(HOST_IP)
          resources:
            requests:
              cpu: 100m
              memory: 50Mi
          securityContext:
            privileged: false
            capabilities:
              add:
                - NET_ADMIN
                - NET_RAW
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            - name: HOST_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.hostIP
            - name: EVENT_QUEUE_DEPTH
              value: "5000"
            - name: KUBERNETES_SERVICE_HOST
              value: 127.0.0.1
            - name: KUBERNETES_SERVICE_PORT
              value: "6443"
          volumeMounts:
            - name: run
              mountPath: /run/flannel
            - name: flannel-cfg
              mountPath: /etc/kube-flannel/
            - name: xtables-lock
              mountPath: /run/xtables.lock
      volumes:
        - name: run
          hostPath:
            path: /run/flannel
            type: DirectoryOrCreate
        - name: cni-plugin
          hostPath:
            path: /opt/cni/bin
        - name: cni
          hostPath:
            path: /etc/cni/net.d
        - name: flannel-cfg
          configMap:
            name: kube-flannel-cfg
        - name: xtables-lock
          hostPath:
            path: /run/xtables.lock
            type: FileOrCreate
SLIPWAY_END
finish 0
begin 1
put '/etc/slipway/manifests/coredns.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: coredns
  namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:coredns
rules:
  - apiGroups:
      - ""
    resources:
      - endpoints
      - services
      - pods
      - namespaces
    verbs:
      - list
      - watch
  - apiGroups:
      - discovery.k8s.io
    resources:
      - endpointslices
    verbs:
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:coredns
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:coredns
subjects:
  - kind: ServiceAccount
    name: coredns
    namespace: kube-system
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 {
        errors
        health {
           lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
           ttl 30
        }
        prometheus :9153
        forward . /etc/resolv.conf {
           max_concurrent 1000
        }
        cache 30
        loop
        reload
        loadbalance
    }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  replicas: 2
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 1
  selector:
    matchLabels:
      k8s-app: kube-dns
  template:
    metadata:
      labels:
        k8s-app: kube-dns
    spec:
      priorityClassName: system-cluster-critical
      serviceAccountName: coredns
      tolerations:
        - key: CriticalAddonsOnly
          operator: Exists
        - key: node-role.kubernetes.io/control-plane
          effect: NoSchedule
      nodeSelector:
        kubernetes.io/os: linux
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    k8s-app: kube-dns
      containers:
        - name: coredns
          image: m.daocloud.io/registry.k8s.io/coredns/coredns:v1.14.6@sha256:9e55d4c52e52296f8ef80966157f5216f77bf721a250b7fd1e21678603b8ced9
          args:
            - -conf
            - /etc/coredns/Corefile
          resources:
            limits:
              memory: 170Mi
            requests:
              cpu: 100m
              memory: 70Mi
          ports:
            - name: dns
              containerPort: 53
              protocol: UDP
            - name: dns-tcp
              containerPort: 53
              protocol: TCP
            - name: metrics
              containerPort: 9153
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /health
              port: 8080
              scheme: HTTP
            initialDelaySeconds: 60
            timeoutSeconds: 5
            failureThreshold: 5
          readinessProbe:
            httpGet:
              path: /ready
              port: 8181
              scheme: HTTP
            periodSeconds: 2
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              add:
                - NET_BIND_SERVICE
              drop:
                - ALL
            readOnlyRootFilesystem: true
          volumeMounts:
            - name: config
              mountPath: /etc/coredns
              readOnly: true
      dnsPolicy: Default
      volumes:
        - name: config
          configMap:
            name: coredns
            items:
              - key: Corefile
                path: Corefile
---
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
  labels:
    k8s-app: kube-dns
    kubernetes.io/name: CoreDNS
  annotations:
    prometheus.io/port: "9153"
    prometheus.io/scrape: "true"
spec:
  selector:
    k8s-app: kube-dns
  clusterIP: 10.96.0.10
  ports:
    - name: dns
      port: 53
      protocol: UDP
    - name: dns-tcp
      port: 53
      protocol: TCP
    - name: metrics
      port: 9153
      protocol: TCP
SLIPWAY_END
finish 1
begin 2
applied() { k 50 apply --server-side --force-conflicts --field-manager=slipway -f /etc/slipway/manifests/flannel.yaml; }
await 60 flannel applied
ready() {
k 20 -n kube-flannel get daemonset kube-flannel-ds -o 'jsonpath={.metadata.generation} {.status.observedGeneration} {.status.updatedNumberScheduled} {.status.numberReady}' | awk '$1 == $2 && $3 >= 3 && $4 >= 3 {ok = 1} END {exit !ok}'
}
await 300 flannel ready
finish 2
begin 3
applied() { k 50 apply --server-side --force-conflicts --field-manager=slipway -f /etc/slipway/manifests/coredns.yaml; }
await 60 coredns applied
ready() {
k 20 -n kube-system rollout status deployment/coredns --timeout=5s
}
await 300 coredns ready
finish 3
begin 4
registered() { k 20 get node 'cp1' -o name; }
await 120 'node cp1' registered
k 20 label --overwrite node 'cp1' 'node-role.kubernetes.io/control-plane='
k 20 taint --overwrite node 'cp1' 'node-role.kubernetes.io/control-plane=:NoSchedule'
k 20 annotate --overwrite node 'cp1' 'slipway/managed={"labels":["node-role.kubernetes.io/control-plane"],"taints":["node-role.kubernetes.io/control-plane:NoSchedule"]}'
finish 4
begin 5
registered() { k 20 get node 'w1' -o name; }
await 120 'node w1' registered
k 20 label --overwrite node 'w1' 'zone=a'
k 20 taint --overwrite node 'w1' 'dedicated=gpu:NoSchedule'
k 20 annotate --overwrite node 'w1' 'slipway/managed={"labels":["zone"],"taints":["dedicated:NoSchedule"]}'
finish 5
begin 6
registered() { k 20 get node 'w2' -o name; }
await 120 'node w2' registered
k 20 annotate --overwrite node 'w2' 'slipway/managed={"labels":[],"taints":[]}'
finish 6
begin 7
removed() { k 20 delete namespace slipway-check --ignore-not-found --wait=false; }
gone() { removed && left=$(k 20 get namespace slipway-check --ignore-not-found -o name) && [ -z "$left" ]; }
await 60 'removal of an earlier check' gone
CLIENTS='client-0/w1/server-0 client-1/w2/server-1 client-2/cp1/server-0'
rm -rf "$RUN/check"
mkdir "$RUN/check"
each() {
	for client in $CLIENTS; do
		name=${client%%/*} server=${client##*/} node=${client#*/}
		node=${node%/*}
		[ ! -e "$RUN/check/$1-$name" ] || continue
		"$1" || { echo "on node $node"; return 1; }
		: >"$RUN/check/$1-$name"
	done
}
cat >"$RUN/check.yaml" <<'SLIPWAY_END'
apiVersion: v1
kind: Namespace
metadata:
  name: slipway-check
---
apiVersion: v1
kind: Pod
metadata:
  name: server-0
  namespace: slipway-check
  labels:
    app: server-0
spec:
  nodeName: w2
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: server-0
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
      args:
        - netexec
        - --http-port=8080
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Service
metadata:
  name: server-0
  namespace: slipway-check
spec:
  selector:
    app: server-0
  ports:
    - port: 80
      targetPort: 8080
---
apiVersion: v1
kind: Pod
metadata:
  name: server-1
  namespace: slipway-check
  labels:
    app: server-1
spec:
  nodeName: w1
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: server-1
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
      args:
        - netexec
        - --http-port=8080
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Service
metadata:
  name: server-1
  namespace: slipway-check
spec:
  selector:
    app: server-1
  ports:
    - port: 80
      targetPort: 8080
---
apiVersion: v1
kind: Pod
metadata:
  name: client-0
  namespace: slipway-check
  labels:
    app: client-0
spec:
  nodeName: w1
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: client-0
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
      args:
        - pause
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Pod
metadata:
  name: client-1
  namespace: slipway-check
  labels:
    app: client-1
spec:
  nodeName: w2
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: client-1
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
      args:
        - pause
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Pod
metadata:
  name: client-2
  namespace: slipway-check
  labels:
    app: client-2
spec:
  nodeName: cp1
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: client-2
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59@sha256:97a94c97416b855b42480fbc55f0b2e129b0df630e77144a53e3d02451156a80
      args:
        - pause
      imagePullPolicy: IfNotPresent
SLIPWAY_END
applied() { k 20 -n slipway-check apply -f "$RUN/check.yaml"; }
await 60 'objects of the check' applied
rm -f "$RUN/check.yaml"
running() { k 20 -n slipway-check wait --for=condition=Ready pod --all --timeout=5s; }
await 180 running running
dns_and_api() { reach_api() { k 20 -n slipway-check exec "$name" -- /agnhost connect --timeout=3s kubernetes.default.svc.cluster.local:443; }; each reach_api; }
await 150 dns_and_api dns_and_api
service_on_another_node() { reach_service() { k 20 -n slipway-check exec "$name" -- /agnhost connect --timeout=3s "$server".slipway-check.svc.cluster.local:80; }; each reach_service; }
await 150 service_on_another_node service_on_another_node
logs() { k 20 -n slipway-check logs server-0 | grep -q . && k 20 -n slipway-check logs server-1 | grep -q .; }
await 60 logs logs
nodes_ready() { k 20 -n slipway-check wait --for=condition=Ready 'node/w1' 'node/w2' 'node/cp1' --timeout=5s; }
await 120 nodes_ready nodes_ready
await 60 'removal of the check' removed
rm -rf "$RUN/check"
finish 7
begin 8
put /etc/slipway/checked 0644 root:root <<'SLIPWAY_END'
kubernetes: v1.36.3
network:
  plugin: flannel
  pod_cidr: 10.244.0.0/16
  service_cidr: 10.96.0.0/12
  node_mask: 24
  proxy_mode: nftables
domain: cluster.local
node: cp1
SLIPWAY_END
finish 8
}
main; exit
