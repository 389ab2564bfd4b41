# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the files that source this one
# Names, addresses and small helpers that every part of the lab shares.
# Sourced by vagrant/lab, which sets LAB_DIR.

LAB_CACHE="${SLIPWAY_LAB_CACHE:-$HOME/.cache/slipway-lab}"
LAB_PREFIX=slipway-lab
LAB_LABEL="$LAB_PREFIX=1"
LAB_NET=slipway-lab
LAB_SUBNET=10.77.0.0/24
LAB_BRIDGE=slipway-lab0
LAB_MIRROR_IP=10.77.0.2
LAB_CONTROL="http://$LAB_MIRROR_IP:8079"
# Nothing answers here (TEST-NET-3); the wall swallows and counts what is sent to it.
LAB_BLACKHOLE=203.0.113.1
LAB_STATE="$LAB_DIR/.lab"
# s1 to s9 are spare: more machines for whoever wants some.
ALL_HOSTS=(cp1 cp2 cp3 w1 w2 s1 s2 s3 s4 s5 s6 s7 s8 s9)
DEFAULT_HOSTS=(cp1 w1 w2)

K8S_VERSIONS=(1.36.3 1.37.2)
DEFAULT_K8S_VERSION=1.36.3
ETCD_VERSIONS=(3.6.14 3.7.3)
CONTAINERD_VERSION=2.3.4
RUNC_VERSION=1.4.3
CNI_VERSION=1.9.1
FLANNEL_VERSION=0.28.10
FLANNEL_CNI_TAG=v1.9.1-flannel1
COREDNS_VERSION=1.14.6
PAUSE_VERSION=3.10.2
AGNHOST_TAG=2.59
METRICS_VERSION=0.9.0
LOCAL_PATH_VERSION=0.0.30
NODE_VERSION=24
ARCH=amd64

say() { printf '%s\n' "$*" >&2; }
die() { say "lab: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

host_ip() {
  case "$1" in
    cp1) echo 10.77.0.11 ;; cp2) echo 10.77.0.12 ;; cp3) echo 10.77.0.13 ;;
    w1) echo 10.77.0.21 ;; w2) echo 10.77.0.22 ;;
    s[1-9]) echo "10.77.0.3${1#s}" ;;
    *) die "no such host: $1 (there are: ${ALL_HOSTS[*]})" ;;
  esac
}

# w2 is the odd one on purpose: another Debian, another systemd, another sshd.
host_suite() { if [ "$1" = w2 ]; then echo trixie; else echo bookworm; fi; }
host_container() { echo "$LAB_PREFIX-$1"; }

# wait_for SECONDS WHAT COMMAND...: polls until COMMAND succeeds. The bounds are wide: the disk of a virtual machine that was just restored may be slow.
wait_for() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || die "$what: nothing after ${limit} s"
    sleep 0.1
  done
}

# away CONTAINER: it is gone afterwards. One that an engine left behind when it was killed may need several tries, and its place in the network is
# not always free ("endpoint already exists").
away() {
  wait_for 60 "the container $1 does not go away" docker rm -fv "$1"
  docker network disconnect -f "$LAB_NET" "$1" >/dev/null 2>&1 || true
}

# with_lock NAME COMMAND...: one at a time, since two would write the same files.
# Each lock has a descriptor of its own, for they nest: 7 "hosts", 9 "build".
# Daemons that outlive us must not inherit them.
with_lock() {
  local name=$1 fd=7
  shift
  [ "$name" = hosts ] || fd=9
  mkdir -p "$LAB_CACHE"
  eval "exec $fd>\"\$LAB_CACHE/\$name.flock\""
  flock -n "$fd" || { say "waiting for another lab ($name)"; flock -w 3600 "$fd" || die "the lock $name is still held"; }
  "$@"
  eval "exec $fd>&-"
}

stamp_of() { sha256sum | cut -c1-32; }
stamp_read() { cat "$LAB_CACHE/stamps/$1" 2>/dev/null || true; }
stamp_write() { mkdir -p "$LAB_CACHE/stamps"; printf '%s\n' "$2" >"$LAB_CACHE/stamps/$1"; }
