#!/usr/bin/env bash
# Prints, one per line, the docker arguments that make a container behave as a
# machine. Used by vagrant/lab and by the Vagrantfile: one place, two callers.
# Usage: host-args.sh NAME IP SUITE SSH-PORT
set -euo pipefail
name=$1 ip=$2 suite=$3 port=$4

args=(
  --name "slipway-lab-$name" --hostname "$name" --label slipway-lab=1 --label "slipway-lab.host=$name"
  --network slipway-lab --ip "$ip" --publish "127.0.0.1:$port:22"
  --env container=docker --env LAB_MIRROR_IP=10.77.0.2
  --cap-add ALL
  --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
  --device-cgroup-rule 'a *:* rwm' --cgroupns private --stop-signal SIGRTMIN+3
  --tmpfs /run:exec --tmpfs /tmp:exec
  # Volumes, since containerd cannot put its overlays on an overlay.
  --volume /var/lib/containerd --volume /var/lib/etcd --volume /var/lib/kubelet
)
[ ! -d /lib/modules ] || args+=(--volume /lib/modules:/lib/modules:ro)
# An engine that lacks a capability cannot hand it on ("unable to apply caps").
if ! grep -q '^CapBnd:.*' /proc/self/status 2>/dev/null; then :
elif (( (0x$(awk '/^CapBnd/{print $2}' /proc/self/status) >> 24 & 1) == 0 )); then
  args+=(--cap-drop SYS_RESOURCE)
fi
# systemd 257 starts on cgroup v1 only when it is told twice.
if [ "$suite" != bookworm ] && [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
  args+=(--env SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 --env
    'SYSTEMD_PROC_CMDLINE=systemd.legacy_systemd_cgroup_controller=0 systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1')
fi
printf '%s\n' "${args[@]}"
