##### stage 1 (secrets, prepare)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
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
finish 0
begin 1
packages 'ca-certificates' 'conntrack' 'curl' 'iptables' 'nftables'
finish 1
begin 2
put '/etc/modules-load.d/slipway.conf' 0644 root:root <<'SLIPWAY_END'
overlay
br_netfilter
nf_conntrack
SLIPWAY_END
load overlay br_netfilter nf_conntrack
finish 2
begin 3
keep_sysctls vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables fs.inotify.max_user_instances fs.inotify.max_user_watches
put '/etc/sysctl.d/90-slipway.conf' 0644 root:root <<'SLIPWAY_END'
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
sysctl -q -p /etc/sysctl.d/90-slipway.conf
finish 3
begin 4
parent '/opt/slipway/etcd/3.6.14'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33 "$stage/download" 'https://files.m.daocloud.io/github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- 'etcd-v3.6.14-linux-amd64/etcd' 'etcd-v3.6.14-linux-amd64/etcdctl' 'etcd-v3.6.14-linux-amd64/etcdutl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcd' "$stage"/'etcd'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdctl' "$stage"/'etcdctl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdutl' "$stage"/'etcdutl'
used=sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33
chown root:root "$stage"/'etcd'
chmod 0755 "$stage"/'etcd'
sync "$stage"/'etcd'
remember file '/opt/slipway/etcd/3.6.14/etcd'
mv -fT "$stage"/'etcd' '/opt/slipway/etcd/3.6.14/etcd'
chown root:root "$stage"/'etcdctl'
chmod 0755 "$stage"/'etcdctl'
sync "$stage"/'etcdctl'
remember file '/opt/slipway/etcd/3.6.14/etcdctl'
mv -fT "$stage"/'etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
chown root:root "$stage"/'etcdutl'
chmod 0755 "$stage"/'etcdutl'
sync "$stage"/'etcdutl'
remember file '/opt/slipway/etcd/3.6.14/etcdutl'
mv -fT "$stage"/'etcdutl' '/opt/slipway/etcd/3.6.14/etcdutl'
sync '/opt/slipway/etcd/3.6.14'
rm -rf "$stage"
stamp 'etcd-3.6.14-etcd' "$used" '/opt/slipway/etcd/3.6.14/etcd' '/opt/slipway/etcd/3.6.14/etcdctl' '/opt/slipway/etcd/3.6.14/etcdutl'
finish 4
}
main; exit

##### stage 2 (etcd)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
id 'etcd' >/dev/null 2>&1 || {
	remember user 'etcd'
	useradd --system --user-group --home-dir '/var/lib/etcd' --no-create-home --shell /usr/sbin/nologin 'etcd'
}
finish 0
begin 1
directory '/var/lib/etcd' 0700 etcd:etcd
finish 1
begin 2
link '/usr/local/bin/etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
finish 2
begin 3
put /etc/kubernetes/pki/etcd/ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/ca.crt is drawn while applying)
SLIPWAY_END
finish 3
begin 4
put /etc/kubernetes/pki/etcd/server.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/server.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-server 0600 root:root <<'SLIPWAY_END'
1da6a11e603f718643424e46d9f06562181d38bdad73fda58db7e09de3a00ac6 754893a1c6946ada552afbe68bb9a31e2b327cd4b45d2a340160c7c479e38bdb
SLIPWAY_END
finish 4
begin 5
put /etc/kubernetes/pki/etcd/peer.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/peer.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-peer 0600 root:root <<'SLIPWAY_END'
80b9d7202308e1ca66970cb8ea85f64286e92a91493ae9800dad2a0e3f3de747 fd5014d7dfd07914a788139cdb711636a821ea96c4089682b89835ecb41e46fc
SLIPWAY_END
finish 5
begin 6
put /etc/kubernetes/pki/etcd/healthcheck-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/healthcheck-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-healthcheck-client 0600 root:root <<'SLIPWAY_END'
a9abbd8821091188392d210fd0caec6ef60d603e7a4968ee302736d976e1c6e5 7bedeffa3de9566012c0eb4753ea40fd6843b1f7288b0d5f95feaad2c6cca57d
SLIPWAY_END
finish 6
begin 7
put '/etc/slipway/etcd-bootstrap.env' 0644 root:root <<'SLIPWAY_END'
SLIPWAY_BOOTSTRAP=--initial-cluster=e1=https://10.0.0.1:2380,e2=https://10.0.0.2:2380,e3=https://10.0.0.3:2380 --initial-cluster-token=apart --initial-cluster-state=new
SLIPWAY_END
finish 7
begin 8
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
  --name=e1 \
  --data-dir=/var/lib/etcd \
  --listen-peer-urls=https://10.0.0.1:2380 \
  --initial-advertise-peer-urls=https://10.0.0.1:2380 \
  --listen-client-urls=https://10.0.0.1:2379,https://127.0.0.1:2379 \
  --advertise-client-urls=https://10.0.0.1:2379 \
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
curl -fsS --max-time 2 -o /dev/null http://127.0.0.1:2381/readyz
}
start 'etcd' 180 ready '/etc/systemd/system/etcd.service' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/etcd/server.crt' '/etc/kubernetes/pki/etcd/peer.crt'
finish 8
}
main; exit
