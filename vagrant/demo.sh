#!/bin/sh
# From nothing to a running cluster on the lab's hosts, and a look around. Again: quick, and nothing changes.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say '1. The lab: three bare hosts, the mirrors, a wall around them'
vagrant/lab up

say '2. slipway up -f vagrant/cluster.yml'
bin/slipway up -f vagrant/cluster.yml --yes

say '3. What is there now'
vagrant/lab ssh cp1 sh -s <<'REMOTE'
export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl get nodes -o wide
echo
kubectl get pods -A -o wide
REMOTE

say '4. A pod finds the API by its name, through the service address of CoreDNS, and reaches a pod on another node'
vagrant/lab ssh cp1 sh -s <<'REMOTE'
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
gone() { kubectl delete pod demo-w1 demo-w2 --ignore-not-found --now >/dev/null 2>&1 || true; }
gone
trap gone EXIT
# An image of registry.k8s.io, under its own name: containerd on the nodes asks the mirror for it.
for node in w1 w2; do
  kubectl run "demo-$node" --image=registry.k8s.io/e2e-test-images/agnhost:2.59 --restart=Never \
    --overrides="{\"apiVersion\":\"v1\",\"spec\":{\"nodeName\":\"$node\"}}" -- netexec --http-port=8080 >/dev/null
done
kubectl wait --for=condition=Ready pod/demo-w1 pod/demo-w2 --timeout=120s >/dev/null
echo 'in the pod on w1, /etc/resolv.conf:'
kubectl exec demo-w1 -- cat /etc/resolv.conf
kubectl exec demo-w1 -- /agnhost connect --timeout=5s kubernetes.default.svc.cluster.local:443
echo 'kubernetes.default.svc.cluster.local:443 answers the pod on w1'
other=$(kubectl get pod demo-w2 -o jsonpath='{.status.podIP}')
kubectl exec demo-w1 -- /agnhost connect --timeout=5s "$other:8080"
echo "$other:8080, the pod on w2, answers it too"
REMOTE

say '5. Where every byte came from, and what was asked of anybody else'
vagrant/lab log --json | jq -rs 'group_by(.host) | map("\(map(.bytes) | add / 1048576 | floor) MiB in \(length) requests from \(.[0].host)") | .[]'
# CoreDNS asks for two random numbers once, to find out whether it is its own upstream.
printf 'names asked for that no mirror has: %s\n' "$(vagrant/lab dns-log | jq -rs 'map(select(.known | not) | .name | select(test("^[0-9]+\\.[0-9]+\\.$") | not)) | unique | length')"
printf 'packets that ran into the wall: %s\n' "$(vagrant/lab dropped)"

say '6. Look around'
cat <<'TEXT'
  vagrant/lab ssh cp1                                   a shell on the control plane; then:
    export KUBECONFIG=/etc/kubernetes/admin.conf; kubectl get all -A
    systemctl status kubelet etcd kube-apiserver; journalctl -u kube-apiserver
  bin/slipway status -f vagrant/cluster.yml             the cluster, as Slipway sees it
  bin/slipway kubeconfig -f vagrant/cluster.yml         kubectl from this machine
  bin/slipway plan -f vagrant/cluster.yml               after a change of the file: what it would do
  vagrant/lab log                                       every byte came through the mirror: its log
  vagrant/lab dropped                                   packets that wanted past the wall
  make demo                                             again: nothing changes
  make lab-clean                                        all of it gone
TEXT
