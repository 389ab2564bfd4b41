# shellcheck shell=bash
# Makes the binaries: fetched where the public upstream answers, else built
# from the Go modules under artifacts/. What is built is the real thing.

BIN="$LAB_CACHE/bin"

# One question, asked once a run, and only when something is missing.
upstream_answers() {
  if [ -z "${UPSTREAM:-}" ]; then
    UPSTREAM=no
    curl -fsIL -m 3 -o /dev/null "https://dl.k8s.io/release/v$DEFAULT_K8S_VERSION/bin/linux/$ARCH/kubectl.sha256" 2>/dev/null && UPSTREAM=yes
  fi
  [ "$UPSTREAM" = yes ]
}

# fetch URL FILE SHA256-URL-OR-LIST-URL
fetch() {
  local url=$1 out=$2 sums=$3 want
  want=$(curl -fsSL -m 60 --retry 2 "$sums" | awk -v f="${url##*/}" 'NF==1{print $1} NF>1&&($2==f||$2=="*"f){print $1}' | head -n1)
  [ -n "$want" ] || return 1
  curl -fsSL -m 600 --retry 2 -o "$out.part" "$url" || return 1
  echo "$want  $out.part" | sha256sum -c --quiet - || return 1
  mv "$out.part" "$out"
}

# go_build OUT PACKAGE [flags...]: static and without the paths of this machine.
go_build() {
  local out=$1 package=$2
  shift 2
  CGO_ENABLED="${CGO_ENABLED:-0}" GOFLAGS=-buildvcs=false nice go build -trimpath "$@" -o "$out" "$package"
}

recipe_kubernetes() {
  local v=$1 out=$2 minor x='' p=k8s.io/kubernetes package
  minor=${v#1.}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    x+=" -X $package.gitVersion=v$v -X $package.gitMajor=1 -X $package.gitMinor=${minor%.*}"
    x+=" -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  # One `go build` for all, so that the packages they share are compiled once.
  CGO_ENABLED=0 GOFLAGS=-buildvcs=false nice go build -trimpath -ldflags "-s -w$x" -o "$out/" \
    $p/cmd/kube-apiserver $p/cmd/kube-controller-manager $p/cmd/kube-scheduler \
    $p/cmd/kubelet $p/cmd/kube-proxy $p/cmd/kubectl $p/test/images/agnhost
}

fetch_kubernetes() {
  local v=$1 out=$2 bin url
  for bin in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    url="https://dl.k8s.io/release/v$v/bin/linux/$ARCH/$bin"
    fetch "$url" "$out/$bin" "$url.sha256" && chmod 755 "$out/$bin" || return 1
  done
  # agnhost is published as an image only; building it alone is quick.
  go_build "$out/agnhost" k8s.io/kubernetes/test/images/agnhost -ldflags '-s -w'
}

recipe_etcd() {
  local out=$2
  go_build "$out/etcd" go.etcd.io/etcd/server/v3 -ldflags '-s -w'
  go_build "$out/etcdctl" go.etcd.io/etcd/etcdctl/v3 -ldflags '-s -w'
  go_build "$out/etcdutl" go.etcd.io/etcd/etcdutl/v3 -ldflags '-s -w'
}

fetch_etcd() {
  local v=$1 out=$2 base
  base="https://github.com/etcd-io/etcd/releases/download/v$v"
  fetch "$base/etcd-v$v-linux-$ARCH.tar.gz" "$out/etcd.tgz" "$base/SHA256SUMS" || return 1
  tar -xzf "$out/etcd.tgz" -C "$out" --strip-components=1 --no-same-owner \
    "etcd-v$v-linux-$ARCH"/{etcd,etcdctl,etcdutl} || return 1
  rm "$out/etcd.tgz"
}

recipe_containerd() {
  local v=$1 out=$2 p=github.com/containerd/containerd/v2 x bin
  x="-s -w -X $p/version.Version=v$v -X $p/version.Package=github.com/containerd/containerd/v2"
  for bin in containerd ctr; do
    go_build "$out/$bin" "$p/cmd/$bin" -tags 'urfave_cli_no_docs osusergo netgo static_build' -ldflags "$x"
  done
  go_build "$out/containerd-shim-runc-v2" $p/cmd/containerd-shim-runc-v2 \
    -tags 'urfave_cli_no_docs osusergo netgo static_build no_grpc' -ldflags "$x"
}

fetch_containerd() {
  local v=$1 out=$2 url
  url="https://github.com/containerd/containerd/releases/download/v$v/containerd-$v-linux-$ARCH.tar.gz"
  fetch "$url" "$out/c.tgz" "$url.sha256sum" || return 1
  tar -xzf "$out/c.tgz" -C "$out" --strip-components=1 --no-same-owner bin/containerd bin/ctr bin/containerd-shim-runc-v2 || return 1
  rm "$out/c.tgz"
}

# Without the seccomp tag every pod fails with "seccomp not supported".
recipe_runc() {
  local v=$1 out=$2
  CGO_ENABLED=1 go_build "$out/runc" github.com/opencontainers/runc -tags 'seccomp netgo osusergo' \
    -ldflags "-s -w -X main.version=$v -extldflags -static"
}

fetch_runc() {
  local v=$1 out=$2 base
  base="https://github.com/opencontainers/runc/releases/download/v$v"
  fetch "$base/runc.$ARCH" "$out/runc" "$base/runc.sha256sum" && chmod 755 "$out/runc"
}

recipe_cni-plugins() {
  local v=$1 out=$2 p=github.com/containernetworking/plugins
  CGO_ENABLED=0 GOFLAGS=-buildvcs=false nice go build -trimpath \
    -ldflags "-s -w -X $p/pkg/utils/buildversion.BuildVersion=v$v" -o "$out/" \
    $p/plugins/main/{bridge,dummy,host-device,ipvlan,loopback,macvlan,ptp,tap,vlan} \
    $p/plugins/ipam/{dhcp,host-local,static} $p/plugins/meta/{bandwidth,firewall,portmap,sbr,tuning,vrf}
}

fetch_cni-plugins() {
  local v=$1 out=$2 url
  url="https://github.com/containernetworking/plugins/releases/download/v$v/cni-plugins-linux-$ARCH-v$v.tgz"
  fetch "$url" "$out/c.tgz" "$url.sha256" || return 1
  tar -xzf "$out/c.tgz" -C "$out" --no-same-owner || return 1
  rm -f "$out/c.tgz" "$out/LICENSE" "$out/README.md"
}

recipe_flannel() {
  CGO_ENABLED=1 go_build "$2/flanneld" github.com/flannel-io/flannel -tags 'netgo osusergo' \
    -ldflags "-s -w -X github.com/flannel-io/flannel/pkg/version.Version=v$1 -extldflags -static"
}

recipe_flannel-cni-plugin() {
  go_build "$2/flannel" github.com/containernetworking/plugins/plugins/meta/flannel -ldflags '-s -w'
}

recipe_coredns() { go_build "$2/coredns" github.com/coredns/coredns -ldflags '-s -w'; }

recipe_registry() {
  go_build "$2/registry" github.com/distribution/distribution/v3/cmd/registry \
    -ldflags "-s -w -X github.com/distribution/distribution/v3/version.version=v$1"
}

recipe_metrics-server() {
  go_build "$2/metrics-server" sigs.k8s.io/metrics-server/cmd/metrics-server \
    -ldflags "-s -w -X k8s.io/client-go/pkg/version.gitVersion=v$1 -X k8s.io/component-base/version.gitVersion=v$1"
}

recipe_local-path-provisioner() {
  go_build "$2/local-path-provisioner" github.com/rancher/local-path-provisioner -ldflags "-s -w -X main.VERSION=v$1"
}

recipe_pause() {
  local dir
  dir=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)
  [ -n "$dir" ] || { go mod download k8s.io/kubernetes && dir=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes); }
  gcc -Os -Wall -Werror -static "-DVERSION=v$1" -o "$2/pause" "$dir/build/pause/linux/pause.c"
  strip "$2/pause"
}

# component NAME VERSION [RECIPE] [MODULE-DIR]: builds NAME unless its stamp says it is there. With LOOK=1 it only says so, by its exit.
component() {
  local name=$1 version=$2 recipe=${3:-$1} dir=$LAB_DIR/artifacts/${4:-$1} want out tmp began
  out="$BIN/$name"
  want=$({ echo "$version"; go env GOVERSION; cat "$dir/go.mod" "$dir/go.sum"; declare -f "recipe_$recipe" go_build; } | stamp_of)
  if [ "$(stamp_read "$name")" = "$want" ] && [ -d "$out" ]; then return; fi
  [ -z "${LOOK:-}" ] || exit 1
  tmp="$out.part"
  rm -rf "$tmp"
  mkdir -p "$tmp"
  began=$SECONDS
  if declare -F "fetch_$recipe" >/dev/null && upstream_answers && (cd "$dir" && "fetch_$recipe" "$version" "$tmp"); then
    say "fetched $name $version"
  else
    say "building $name $version"
    # In the background, since `set -e` means nothing in the left part of an `||`.
    (
      cd "$dir" || exit 1
      "recipe_$recipe" "$version" "$tmp"
    ) &
    wait $! || die "$name did not build"
  fi
  rm -rf "$out"
  mv "$tmp" "$out"
  stamp_write "$name" "$want"
  say "  $name took $((SECONDS - began)) s"
}

build_small() {
  local v
  component runc "$RUNC_VERSION"
  component cni-plugins "$CNI_VERSION"
  component containerd "$CONTAINERD_VERSION"
  component registry 3.1.2
  component coredns "$COREDNS_VERSION"
  for v in "${ETCD_VERSIONS[@]}"; do component "etcd-$v" "$v" etcd "etcd-${v%.*}"; done
  component flannel "$FLANNEL_VERSION"
  component flannel-cni-plugin 0.9.1
  component pause "$PAUSE_VERSION" pause "kubernetes-$DEFAULT_K8S_VERSION"
}

build_kubernetes() { component "kubernetes-$1" "$1" kubernetes "kubernetes-$1"; }

build_addons() {
  component metrics-server "$METRICS_VERSION"
  component local-path-provisioner "$LOCAL_PATH_VERSION"
}
