##### stage 1 (prepare)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:203571fa5d9af0dee9f1c6dc8b58714f64e3b2cb6063dabf264789b1c5a4c2ec "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubelet'
mv "$stage"/download "$stage"/'kubelet'
used=sha256:203571fa5d9af0dee9f1c6dc8b58714f64e3b2cb6063dabf264789b1c5a4c2ec
chown root:root "$stage"/'kubelet'
chmod 0755 "$stage"/'kubelet'
sync "$stage"/'kubelet'
remember file '/opt/slipway/kubernetes/v1.37.2/kubelet'
mv -fT "$stage"/'kubelet' '/opt/slipway/kubernetes/v1.37.2/kubelet'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kubelet' "$used" '/opt/slipway/kubernetes/v1.37.2/kubelet'
finish 0
begin 1
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:9768efa4e4c187dd115a929a3fde8476136aa832d17c3680ffea000349d22b9a "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kube-proxy'
mv "$stage"/download "$stage"/'kube-proxy'
used=sha256:9768efa4e4c187dd115a929a3fde8476136aa832d17c3680ffea000349d22b9a
chown root:root "$stage"/'kube-proxy'
chmod 0755 "$stage"/'kube-proxy'
sync "$stage"/'kube-proxy'
remember file '/opt/slipway/kubernetes/v1.37.2/kube-proxy'
mv -fT "$stage"/'kube-proxy' '/opt/slipway/kubernetes/v1.37.2/kube-proxy'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kube-proxy' "$used" '/opt/slipway/kubernetes/v1.37.2/kube-proxy'
finish 1
begin 2
parent '/opt/slipway/etcd/3.7.3'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:387aa7c62b3909b8d83762c0758b53d57743e826d36efc6cebcd2ea83fee102f "$stage/download" 'https://files.m.daocloud.io/github.com/etcd-io/etcd/releases/download/v3.7.3/etcd-v3.7.3-linux-amd64.tar.gz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- 'etcd-v3.7.3-linux-amd64/etcd' 'etcd-v3.7.3-linux-amd64/etcdctl' 'etcd-v3.7.3-linux-amd64/etcdutl'
mv "$stage"/unpacked/'etcd-v3.7.3-linux-amd64/etcd' "$stage"/'etcd'
mv "$stage"/unpacked/'etcd-v3.7.3-linux-amd64/etcdctl' "$stage"/'etcdctl'
mv "$stage"/unpacked/'etcd-v3.7.3-linux-amd64/etcdutl' "$stage"/'etcdutl'
used=sha256:387aa7c62b3909b8d83762c0758b53d57743e826d36efc6cebcd2ea83fee102f
chown root:root "$stage"/'etcd'
chmod 0755 "$stage"/'etcd'
sync "$stage"/'etcd'
remember file '/opt/slipway/etcd/3.7.3/etcd'
mv -fT "$stage"/'etcd' '/opt/slipway/etcd/3.7.3/etcd'
chown root:root "$stage"/'etcdctl'
chmod 0755 "$stage"/'etcdctl'
sync "$stage"/'etcdctl'
remember file '/opt/slipway/etcd/3.7.3/etcdctl'
mv -fT "$stage"/'etcdctl' '/opt/slipway/etcd/3.7.3/etcdctl'
chown root:root "$stage"/'etcdutl'
chmod 0755 "$stage"/'etcdutl'
sync "$stage"/'etcdutl'
remember file '/opt/slipway/etcd/3.7.3/etcdutl'
mv -fT "$stage"/'etcdutl' '/opt/slipway/etcd/3.7.3/etcdutl'
sync '/opt/slipway/etcd/3.7.3'
rm -rf "$stage"
stamp 'etcd-3.7.3-etcd' "$used" '/opt/slipway/etcd/3.7.3/etcd' '/opt/slipway/etcd/3.7.3/etcdctl' '/opt/slipway/etcd/3.7.3/etcdutl'
finish 2
begin 3
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:2bb5d6eabeda19822c7399fddec26643aaa753e010a31218c16ded72e3a9fa34 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kube-apiserver'
mv "$stage"/download "$stage"/'kube-apiserver'
used=sha256:2bb5d6eabeda19822c7399fddec26643aaa753e010a31218c16ded72e3a9fa34
chown root:root "$stage"/'kube-apiserver'
chmod 0755 "$stage"/'kube-apiserver'
sync "$stage"/'kube-apiserver'
remember file '/opt/slipway/kubernetes/v1.37.2/kube-apiserver'
mv -fT "$stage"/'kube-apiserver' '/opt/slipway/kubernetes/v1.37.2/kube-apiserver'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kube-apiserver' "$used" '/opt/slipway/kubernetes/v1.37.2/kube-apiserver'
finish 3
begin 4
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:bf3d9ee0efb18aefd12b460c81db0eeedfa8acefa81502e3a9d867d78e1c7ed3 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kube-controller-manager'
mv "$stage"/download "$stage"/'kube-controller-manager'
used=sha256:bf3d9ee0efb18aefd12b460c81db0eeedfa8acefa81502e3a9d867d78e1c7ed3
chown root:root "$stage"/'kube-controller-manager'
chmod 0755 "$stage"/'kube-controller-manager'
sync "$stage"/'kube-controller-manager'
remember file '/opt/slipway/kubernetes/v1.37.2/kube-controller-manager'
mv -fT "$stage"/'kube-controller-manager' '/opt/slipway/kubernetes/v1.37.2/kube-controller-manager'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kube-controller-manager' "$used" '/opt/slipway/kubernetes/v1.37.2/kube-controller-manager'
finish 4
begin 5
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:61d97993f44c446f9086e191dbf071c33d9146989c42d4325a283e857da7b2e3 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kube-scheduler'
mv "$stage"/download "$stage"/'kube-scheduler'
used=sha256:61d97993f44c446f9086e191dbf071c33d9146989c42d4325a283e857da7b2e3
chown root:root "$stage"/'kube-scheduler'
chmod 0755 "$stage"/'kube-scheduler'
sync "$stage"/'kube-scheduler'
remember file '/opt/slipway/kubernetes/v1.37.2/kube-scheduler'
mv -fT "$stage"/'kube-scheduler' '/opt/slipway/kubernetes/v1.37.2/kube-scheduler'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kube-scheduler' "$used" '/opt/slipway/kubernetes/v1.37.2/kube-scheduler'
finish 5
begin 6
parent '/opt/slipway/kubernetes/v1.37.2'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:9a9f22c52444ea38932a77565c1337ef8beaa139753cd5c815c19f665aa2de69 "$stage/download" 'https://files.m.daocloud.io/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubectl'
mv "$stage"/download "$stage"/'kubectl'
used=sha256:9a9f22c52444ea38932a77565c1337ef8beaa139753cd5c815c19f665aa2de69
chown root:root "$stage"/'kubectl'
chmod 0755 "$stage"/'kubectl'
sync "$stage"/'kubectl'
remember file '/opt/slipway/kubernetes/v1.37.2/kubectl'
mv -fT "$stage"/'kubectl' '/opt/slipway/kubernetes/v1.37.2/kubectl'
sync '/opt/slipway/kubernetes/v1.37.2'
rm -rf "$stage"
stamp 'kubernetes-v1.37.2-kubectl' "$used" '/opt/slipway/kubernetes/v1.37.2/kubectl'
finish 6
}
main; exit

##### stage 2 (etcd)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
link '/usr/local/bin/etcdctl' '/opt/slipway/etcd/3.7.3/etcdctl'
finish 0
begin 1
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
ExecStart=/opt/slipway/etcd/3.7.3/etcd \
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
curl -fsS --max-time 2 -o /dev/null http://127.0.0.1:2381/readyz
}
start 'etcd' 180 ready '/etc/systemd/system/etcd.service' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/etcd/server.crt' '/etc/kubernetes/pki/etcd/peer.crt'
finish 1
}
main; exit

##### stage 3 (apiserver)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
unit_file kube-apiserver <<'SLIPWAY_END'
[Unit]
Description=Kubernetes API server
After=network-online.target etcd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=-/etc/slipway/units/kube-apiserver.env
ExecStart=/opt/slipway/kubernetes/v1.37.2/kube-apiserver \
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
curl -fsS --max-time 2 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz
}
start 'kube-apiserver' 180 ready '/etc/systemd/system/kube-apiserver.service' '/etc/kubernetes/pki/ca.crt' '/etc/kubernetes/pki/front-proxy-ca.crt' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/apiserver.crt' '/etc/kubernetes/pki/apiserver-etcd-client.crt' '/etc/kubernetes/pki/apiserver-kubelet-client.crt' '/etc/kubernetes/pki/front-proxy-client.crt' '/etc/kubernetes/pki/sa.pub' '/etc/kubernetes/encryption.yaml' '/etc/kubernetes/audit-policy.yaml' '/etc/kubernetes/authentication.yaml'
finish 0
}
main; exit

##### stage 4 (controllers)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
unit_file kube-controller-manager <<'SLIPWAY_END'
[Unit]
Description=Kubernetes controller manager
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-controller-manager.env
ExecStart=/opt/slipway/kubernetes/v1.37.2/kube-controller-manager \
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
curl -fsSk --max-time 2 https://127.0.0.1:10257/healthz
}
start 'kube-controller-manager' 90 ready '/etc/systemd/system/kube-controller-manager.service' '/etc/kubernetes/controller-manager.conf' '/etc/kubernetes/pki/ca.crt' '/etc/kubernetes/pki/sa.pub' '/etc/kubernetes/pki/front-proxy-ca.crt'
finish 0
begin 1
unit_file kube-scheduler <<'SLIPWAY_END'
[Unit]
Description=Kubernetes scheduler
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-scheduler.env
ExecStart=/opt/slipway/kubernetes/v1.37.2/kube-scheduler \
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
curl -fsSk --max-time 2 https://127.0.0.1:10259/readyz
}
start 'kube-scheduler' 90 ready '/etc/systemd/system/kube-scheduler.service' '/etc/kubernetes/scheduler.conf' '/etc/kubernetes/pki/ca.crt'
finish 1
begin 2
link '/usr/local/bin/kubectl' '/opt/slipway/kubernetes/v1.37.2/kubectl'
finish 2
}
main; exit

##### stage 5 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'cp1' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'cp1'; fi
	k annotate node 'cp1' slipway/drained-
}
renewal() { k -n kube-system get lease kube-controller-manager -o 'jsonpath={.spec.renewTime}'; }
before=$(renewal)
led() { [ "$(renewal)" != "$before" ]; }
await 60 'renewal of the lease of the controller manager' led
case "$(k get node 'cp1' -o 'jsonpath={.metadata.annotations.slipway/drained}/{.spec.unschedulable}')" in
/true) k annotate node 'cp1' slipway/drained=cordoned-before ;;
/*) k annotate node 'cp1' slipway/drained=true ;;
esac
if ! timeout 330 kubectl --kubeconfig /etc/kubernetes/admin.conf drain 'cp1' --ignore-daemonsets --delete-emptydir-data --force --timeout=300s; then
	k get poddisruptionbudgets -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}PodDisruptionBudget {.metadata.namespace}/{.metadata.name} allows no eviction now{"\n"}{end}' >&2 || true
	give_back
	fail 'cp1 could not be drained within 300 s; it takes pods again, and nothing on it was changed. Free what blocks, or change upgrade_strategy.node_drain_input.'
fi
finish 0
}
main; exit

##### stage 6 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
unit_file kubelet <<'SLIPWAY_END'
[Unit]
Description=Kubernetes node agent
After=network-online.target containerd.service
Wants=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kubelet.env
ExecStart=/opt/slipway/kubernetes/v1.37.2/kubelet \
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
curl -fsS --max-time 2 http://127.0.0.1:10248/healthz
}
start 'kubelet' 90 ready '/etc/systemd/system/kubelet.service' '/var/lib/kubelet/config.yaml' '/etc/kubernetes/kubelet.conf' '/var/lib/kubelet/pki/kubelet.crt'
finish 0
begin 1
unit_file kube-proxy <<'SLIPWAY_END'
[Unit]
Description=Kubernetes network proxy
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=-/etc/slipway/units/kube-proxy.env
ExecStart=/opt/slipway/kubernetes/v1.37.2/kube-proxy \
  --config=/var/lib/kube-proxy/config.yaml
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
curl -fsS --max-time 2 http://127.0.0.1:10256/livez
}
start 'kube-proxy' 90 ready '/etc/systemd/system/kube-proxy.service' '/var/lib/kube-proxy/config.yaml' '/etc/kubernetes/proxy.conf'
finish 1
}
main; exit

##### stage 7 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'cp1' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'cp1'; fi
	k annotate node 'cp1' slipway/drained-
}
back() { [ "$(k get node 'cp1' -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = 'v1.37.2 True' ]; }
await 180 'cp1 Ready on v1.37.2' back
give_back
finish 0
}
main; exit

##### stage 8 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'w1' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'w1'; fi
	k annotate node 'w1' slipway/drained-
}
renewal() { k -n kube-system get lease kube-controller-manager -o 'jsonpath={.spec.renewTime}'; }
before=$(renewal)
led() { [ "$(renewal)" != "$before" ]; }
await 60 'renewal of the lease of the controller manager' led
case "$(k get node 'w1' -o 'jsonpath={.metadata.annotations.slipway/drained}/{.spec.unschedulable}')" in
/true) k annotate node 'w1' slipway/drained=cordoned-before ;;
/*) k annotate node 'w1' slipway/drained=true ;;
esac
if ! timeout 330 kubectl --kubeconfig /etc/kubernetes/admin.conf drain 'w1' --ignore-daemonsets --delete-emptydir-data --force --timeout=300s; then
	k get poddisruptionbudgets -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}PodDisruptionBudget {.metadata.namespace}/{.metadata.name} allows no eviction now{"\n"}{end}' >&2 || true
	give_back
	fail 'w1 could not be drained within 300 s; it takes pods again, and nothing on it was changed. Free what blocks, or change upgrade_strategy.node_drain_input.'
fi
finish 0
}
main; exit

##### stage 10 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'w1' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'w1'; fi
	k annotate node 'w1' slipway/drained-
}
back() { [ "$(k get node 'w1' -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = 'v1.37.2 True' ]; }
await 180 'w1 Ready on v1.37.2' back
give_back
finish 0
}
main; exit

##### stage 11 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'w2' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'w2'; fi
	k annotate node 'w2' slipway/drained-
}
renewal() { k -n kube-system get lease kube-controller-manager -o 'jsonpath={.spec.renewTime}'; }
before=$(renewal)
led() { [ "$(renewal)" != "$before" ]; }
await 60 'renewal of the lease of the controller manager' led
case "$(k get node 'w2' -o 'jsonpath={.metadata.annotations.slipway/drained}/{.spec.unschedulable}')" in
/true) k annotate node 'w2' slipway/drained=cordoned-before ;;
/*) k annotate node 'w2' slipway/drained=true ;;
esac
if ! timeout 330 kubectl --kubeconfig /etc/kubernetes/admin.conf drain 'w2' --ignore-daemonsets --delete-emptydir-data --force --timeout=300s; then
	k get poddisruptionbudgets -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}PodDisruptionBudget {.metadata.namespace}/{.metadata.name} allows no eviction now{"\n"}{end}' >&2 || true
	give_back
	fail 'w2 could not be drained within 300 s; it takes pods again, and nothing on it was changed. Free what blocks, or change upgrade_strategy.node_drain_input.'
fi
finish 0
}
main; exit

##### stage 13 (nodes)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
give_back() {
	if [ "$(k get node 'w2' -o 'jsonpath={.metadata.annotations.slipway/drained}')" != cordoned-before ]; then k uncordon 'w2'; fi
	k annotate node 'w2' slipway/drained-
}
back() { [ "$(k get node 'w2' -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = 'v1.37.2 True' ]; }
await 180 'w2 Ready on v1.37.2' back
give_back
finish 0
}
main; exit

##### stage 14 (addons)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
k() { timeout 30 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n slipway-check "$@"; }
gone() { ! k get namespace slipway-check -o name; }
k delete namespace slipway-check --ignore-not-found --wait=false >/dev/null 2>&1
await 60 'removal of an earlier check' gone
cat >"$RUN/check.yaml" <<'SLIPWAY_END'
apiVersion: v1
kind: Namespace
metadata:
  name: slipway-check
---
apiVersion: v1
kind: Pod
metadata:
  name: server
  namespace: slipway-check
  labels:
    app: server
spec:
  nodeName: w1
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: server
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59
      args:
        - netexec
        - --http-port=8080
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Pod
metadata:
  name: client
  namespace: slipway-check
  labels:
    app: client
spec:
  nodeName: w2
  tolerations:
    - operator: Exists
  terminationGracePeriodSeconds: 0
  containers:
    - name: client
      image: m.daocloud.io/registry.k8s.io/e2e-test-images/agnhost:2.59
      args:
        - pause
      imagePullPolicy: IfNotPresent
---
apiVersion: v1
kind: Service
metadata:
  name: server
  namespace: slipway-check
spec:
  selector:
    app: server
  ports:
    - port: 80
      targetPort: 8080
SLIPWAY_END
applied() { k apply -f "$RUN/check.yaml"; }
await 60 'objects of the check' applied
rm -f "$RUN/check.yaml"
running() { k wait --for=condition=Ready pod/server pod/client --timeout=5s; }
await 180 running running
dns_and_api() { k exec client -- /agnhost connect --timeout=3s kubernetes.default.svc.cluster.local:443; }
await 60 dns_and_api dns_and_api
service_on_another_node() { k exec client -- /agnhost connect --timeout=3s server.slipway-check.svc.cluster.local:80; }
await 60 service_on_another_node service_on_another_node
logs() { k logs server | grep -q .; }
await 60 logs logs
k delete namespace slipway-check --wait=false >/dev/null 2>&1
put /etc/slipway/verified 0644 root:root <<'SLIPWAY_END'
kubernetes: v1.37.2
network:
  plugin: flannel
  pod_cidr: 10.244.0.0/16
  service_cidr: 10.96.0.0/12
  node_mask: 24
  proxy_mode: nftables
domain: cluster.local
nodes:
  - cp1
  - w1
  - w2
SLIPWAY_END
finish 0
}
main; exit
