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
Suites: trixie trixie-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/debian
Suites: trixie trixie-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/debian
Suites: trixie trixie-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/4-deb.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie trixie-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/security/1-security.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://security.debian.org/debian-security
Suites: trixie-security
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
Suites: trixie
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/debian
Suites: trixie
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/docker-ce/linux/debian
Suites: trixie
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
apt_sources 'docker'
finish 3
begin 4
packages 'ca-certificates' 'conntrack' 'curl' 'iptables' 'nftables' 'haproxy'
finish 4
begin 5
keep_service 'haproxy'
systemctl disable --now --quiet 'haproxy'.service
finish 5
begin 6
keep_modules
put '/etc/modules-load.d/slipway.conf' 0644 root:root <<'SLIPWAY_END'
overlay
br_netfilter
nf_conntrack
SLIPWAY_END
load overlay br_netfilter nf_conntrack
finish 6
begin 7
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
finish 7
begin 8
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
finish 8
begin 9
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
finish 9
begin 10
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
finish 10
begin 11
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
finish 11
begin 12
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
finish 12
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
put /etc/kubernetes/pki/ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/ca.crt is drawn while applying)
SLIPWAY_END
finish 24
begin 25
put '/etc/slipway/haproxy.cfg' 0644 root:root <<'SLIPWAY_END'
global
  maxconn 4096
  log stdout format raw local0 notice
  hard-stop-after 2m

defaults
  mode tcp
  log global
  option redispatch
  retries 3
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 2s

frontend kube-apiserver
  bind 127.0.0.1:6443
  default_backend control-planes

backend control-planes
  balance leastconn
  option httpchk GET /readyz
  http-check expect rstring "^ok|shutdown failed"
  default-server check check-ssl verify required ca-file /etc/kubernetes/pki/ca.crt inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
  server cp1 10.0.0.11:6443
SLIPWAY_END
finish 25
begin 26
unit_file kube-apiserver-balancer <<'SLIPWAY_END'
[Unit]
Description=Node-local balancer over the kube-apiservers
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=-/etc/slipway/units/kube-apiserver-balancer.env
ExecStart=/usr/sbin/haproxy \
  -Ws \
  -f \
  /etc/slipway/haproxy.cfg
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576
KillMode=mixed
ExecReload=/bin/kill -USR2 $MAINPID

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
loopback 3 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz
}
start 'kube-apiserver-balancer' 30 ready '/etc/systemd/system/kube-apiserver-balancer.service'
loaded 'kube-apiserver-balancer' '/etc/slipway/haproxy.cfg' '/etc/kubernetes/pki/ca.crt'
finish 26
begin 27
put /var/lib/kubelet/pki/kubelet-client-slipway.pem 0600 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet-client-slipway.pem is drawn while applying)
SLIPWAY_END
finish 27
begin 28
link '/var/lib/kubelet/pki/kubelet-client-current.pem' '/var/lib/kubelet/pki/kubelet-client-slipway.pem'
finish 28
begin 29
put /var/lib/kubelet/pki/kubelet.key 0600 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet.key is drawn while applying)
SLIPWAY_END
put /var/lib/kubelet/pki/kubelet.crt 0644 root:root <<'SLIPWAY_END'
(the content of /var/lib/kubelet/pki/kubelet.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/var-lib-kubelet-pki-kubelet 0600 root:root <<'SLIPWAY_END'
53126b11c8354d66639459eba4a2f175a81b5d2ce9aa8ff2211729e4d59f1362 e3eabab2a0345dfc3562d159a6bcad4efcf9a096a96984ce7e66574dd6c9947c
SLIPWAY_END
finish 29
begin 30
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
finish 30
begin 31
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
SLIPWAY_END
finish 31
begin 32
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
  --hostname-override=w1 \
  --node-ip=10.0.0.21
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
finish 32
begin 33
put /etc/kubernetes/pki/kube-proxy.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/kube-proxy.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/kube-proxy.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/kube-proxy.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-kube-proxy 0600 root:root <<'SLIPWAY_END'
6d57fd09d6f461514492c8afa3fca1d4d4bd58b1c907cfbeea71b332a4501b6f 400997ef14745e8b95bcddb51543f53f7493fe239b8473ad6d2634406c554102
SLIPWAY_END
finish 33
begin 34
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
finish 34
begin 35
put '/var/lib/kube-proxy/config.yaml' 0600 root:root <<'SLIPWAY_END'
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection:
  kubeconfig: /etc/kubernetes/proxy.conf
clusterCIDR: 10.244.0.0/16
detectLocalMode: ClusterCIDR
hostnameOverride: w1
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
finish 35
begin 36
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
finish 36
}
main; exit

##### stage 5: checked
# (here stands what it uses of src/shell)
main() {
enter
begin 0
put /etc/slipway/checked 0644 root:root <<'SLIPWAY_END'
kubernetes: v1.36.3
network:
  plugin: flannel
  pod_cidr: 10.244.0.0/16
  service_cidr: 10.96.0.0/12
  node_mask: 24
  proxy_mode: nftables
domain: cluster.local
node: w1
SLIPWAY_END
finish 0
}
main; exit
