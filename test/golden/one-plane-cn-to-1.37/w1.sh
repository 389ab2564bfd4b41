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
}
main; exit

##### stage 9 (nodes)
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
