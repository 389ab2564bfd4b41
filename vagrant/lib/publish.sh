# shellcheck shell=bash
# Makes from the binaries what the mirrors serve: release files, signed apt
# repositories, a registry's storage, and the lock file with their digests.

FILES="$LAB_CACHE/files"
APT="$LAB_CACHE/apt"
DEBS="$LAB_CACHE/debs"
LAYERS="$LAB_CACHE/layers"
K8S_BINS=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
ALIYUN=registry.cn-hangzhou.aliyuncs.com/google_containers

# current FILE COMPONENT: FILE was made from this COMPONENT by these recipes.
current() {
  [ "$1" -nt "$LAB_CACHE/stamps/$2" ] && [ "$1" -nt "$LAB_CACHE/stamps/recipes" ]
}

det_tar() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu "$@"; }

# tgz OUT COMPONENT DIR MEMBERS...
tgz() {
  local out=$1 component=$2 dir=$3
  shift 3
  current "$out" "$component" && return
  mkdir -p "${out%/*}"
  det_tar -C "$dir" -cf - "$@" | gzip -n -1 >"$out.part"
  mv "$out.part" "$out"
}

sum_hex() { sha256sum "$1" | cut -d' ' -f1; }
# sum_list FILE: a line "<hex>  <name>", as GitHub's releases have it.
sum_list() { printf '%s  %s\n' "$(sum_hex "$1")" "${1##*/}"; }

link_file() {
  mkdir -p "${2%/*}"
  ln -f "$1" "$2" 2>/dev/null || cp -f "$1" "$2"
}

publish_kubernetes_files() {
  local v=$1 dir bin
  dir="$FILES/dl.k8s.io/release/v$v/bin/linux/$ARCH"
  for bin in "${K8S_BINS[@]}"; do
    link_file "$BIN/kubernetes-$v/$bin" "$dir/$bin"
    printf '%s' "$(sum_hex "$dir/$bin")" >"$dir/$bin.sha256"
  done
  printf 'v%s' "$v" >"$FILES/dl.k8s.io/release/stable-${v%.*}.txt"
}

publish_release_files() {
  local v base stage="$LAB_CACHE/stage" gh="$FILES/github.com"
  for v in "${ETCD_VERSIONS[@]}"; do
    base="$gh/etcd-io/etcd/releases/download/v$v"
    rm -rf "$stage"
    mkdir -p "$stage/etcd-v$v-linux-$ARCH"
    ln "$BIN/etcd-$v"/{etcd,etcdctl,etcdutl} "$stage/etcd-v$v-linux-$ARCH/"
    tgz "$base/etcd-v$v-linux-$ARCH.tar.gz" "etcd-$v" "$stage" "etcd-v$v-linux-$ARCH"
    sum_list "$base/etcd-v$v-linux-$ARCH.tar.gz" >"$base/SHA256SUMS"
  done

  base="$gh/containernetworking/plugins/releases/download/v$CNI_VERSION"
  tgz "$base/cni-plugins-linux-$ARCH-v$CNI_VERSION.tgz" cni-plugins "$BIN/cni-plugins" .
  sum_list "$base/cni-plugins-linux-$ARCH-v$CNI_VERSION.tgz" >"$base/cni-plugins-linux-$ARCH-v$CNI_VERSION.tgz.sha256"

  base="$gh/containerd/containerd/releases/download/v$CONTAINERD_VERSION"
  rm -rf "$stage"
  mkdir -p "$stage/bin"
  ln "$BIN/containerd"/* "$stage/bin/"
  tgz "$base/containerd-$CONTAINERD_VERSION-linux-$ARCH.tar.gz" containerd "$stage" bin
  sum_list "$base/containerd-$CONTAINERD_VERSION-linux-$ARCH.tar.gz" >"$base/containerd-$CONTAINERD_VERSION-linux-$ARCH.tar.gz.sha256sum"
  rm -rf "$stage"

  base="$gh/opencontainers/runc/releases/download/v$RUNC_VERSION"
  link_file "$BIN/runc/runc" "$base/runc.$ARCH"
  sum_list "$base/runc.$ARCH" >"$base/runc.sha256sum"
}

# deb NAME VERSION COMPONENT ROOT DEPENDS: packs ROOT, which the caller filled.
deb() {
  local name=$1 version=$2 root=$4 depends=$5 out
  out="$DEBS/${name}_${version}_$ARCH.deb"
  mkdir -p "$root/DEBIAN" "$DEBS"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$ARCH"
    printf 'Maintainer: Slipway lab <lab@example.invalid>\nSection: admin\nPriority: optional\n'
    [ -z "$depends" ] || printf 'Depends: %s\n' "$depends"
    printf 'Description: %s, built for the Slipway lab\n' "$name"
  } >"$root/DEBIAN/control"
  [ ! -f "$root/etc/containerd/config.toml" ] || echo /etc/containerd/config.toml >"$root/DEBIAN/conffiles"
  find "$root" -exec touch -h -d @0 {} +
  SOURCE_DATE_EPOCH=0 dpkg-deb -Zgzip -z1 --root-owner-group -b "$root" "$out.part" >/dev/null
  mv "$out.part" "$out"
  rm -rf "$root"
}

publish_kubernetes_debs() {
  local v=$1 root="$LAB_CACHE/stage-deb" bin
  for bin in kubelet kubectl; do
    current "$DEBS/${bin}_$v-1.1_$ARCH.deb" "kubernetes-$v" && continue
    rm -rf "$root"
    install -D -m 755 "$BIN/kubernetes-$v/$bin" "$root/usr/bin/$bin"
    if [ "$bin" = kubelet ]; then
      mkdir -p "$root/usr/lib/systemd/system"
      printf '%s\n' '[Unit]' 'Description=kubelet: The Kubernetes Node Agent' \
        'Documentation=https://kubernetes.io/docs/' 'Wants=network-online.target' 'After=network-online.target' '' \
        '[Service]' 'ExecStart=/usr/bin/kubelet' 'Restart=always' 'StartLimitInterval=0' 'RestartSec=10' '' \
        '[Install]' 'WantedBy=multi-user.target' >"$root/usr/lib/systemd/system/kubelet.service"
      deb kubelet "$v-1.1" "kubernetes-$v" "$root" 'kubernetes-cni (>= 1.2.0), mount, iproute2, iptables, util-linux'
    else
      deb kubectl "$v-1.1" "kubernetes-$v" "$root" ''
    fi
  done
}

publish_other_debs() {
  local root="$LAB_CACHE/stage-deb"
  if ! current "$DEBS/kubernetes-cni_$CNI_VERSION-1.1_$ARCH.deb" cni-plugins; then
    rm -rf "$root"
    mkdir -p "$root/opt/cni/bin"
    cp "$BIN/cni-plugins"/* "$root/opt/cni/bin/"
    deb kubernetes-cni "$CNI_VERSION-1.1" cni-plugins "$root" ''
  fi
  if ! current "$DEBS/containerd.io_$CONTAINERD_VERSION-1_$ARCH.deb" containerd \
    || ! current "$DEBS/containerd.io_$CONTAINERD_VERSION-1_$ARCH.deb" runc; then
    rm -rf "$root"
    mkdir -p "$root/usr/bin" "$root/etc/containerd" "$root/usr/lib/systemd/system"
    cp "$BIN/containerd"/* "$BIN/runc/runc" "$root/usr/bin/"
    printf '%s\n' 'disabled_plugins = ["cri"]' >"$root/etc/containerd/config.toml"
    printf '%s\n' '[Unit]' 'Description=containerd container runtime' 'Documentation=https://containerd.io' \
      'After=network.target dbus.service' '' '[Service]' 'ExecStartPre=-/sbin/modprobe overlay' \
      'ExecStart=/usr/bin/containerd' 'Type=notify' 'Delegate=yes' 'KillMode=process' 'Restart=always' 'RestartSec=5' \
      'LimitNPROC=infinity' 'LimitCORE=infinity' 'TasksMax=infinity' 'OOMScoreAdjust=-999' '' \
      '[Install]' 'WantedBy=multi-user.target' >"$root/usr/lib/systemd/system/containerd.service"
    deb containerd.io "$CONTAINERD_VERSION-1" containerd "$root" ''
  fi
}

lab_gpg() { gpg --homedir "$LAB_CACHE/gpg" --batch --quiet --no-tty "$@"; }

ensure_apt_key() {
  if [ -s "$LAB_CACHE/apt-key.asc" ]; then return; fi
  mkdir -p "$LAB_CACHE/gpg"
  chmod 700 "$LAB_CACHE/gpg"
  lab_gpg --passphrase '' --quick-generate-key 'Slipway lab apt key <lab@example.invalid>' rsa3072 sign never
  lab_gpg --armor --export >"$LAB_CACHE/apt-key.asc"
  gpgconf --homedir "$LAB_CACHE/gpg" --kill all
}

# sign_release DIR SUITE COMPONENTS: writes Release, Release.gpg, InRelease.
sign_release() {
  local dir=$1 suite=$2 parts=$3
  rm -f "$dir"/{Release,Release.gpg,InRelease}
  (cd "$dir" && apt-ftparchive -o "APT::FTPArchive::Release::Origin=slipway-lab" \
    -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
    -o "APT::FTPArchive::Release::Components=$parts" -o "APT::FTPArchive::Release::Architectures=$ARCH" \
    release . >"$LAB_CACHE/Release.part")
  mv "$LAB_CACHE/Release.part" "$dir/Release"
  lab_gpg --armor --detach-sign -o "$dir/Release.gpg" "$dir/Release"
  lab_gpg --clearsign -o "$dir/InRelease" "$dir/Release"
}

# swap NEW OLD: a client finds the old repository or the new one, never half of one.
swap() {
  rm -rf "$2.old"
  mkdir -p "${2%/*}"
  [ ! -e "$2" ] || mv "$2" "$2.old"
  mv "$1" "$2"
  rm -rf "$2.old"
}

publish_kubernetes_repo() {
  local v=$1 dir="$APT/part"
  rm -rf "$dir"
  mkdir -p "$dir/$ARCH"
  ln "$DEBS"/kube{let,ctl}_"$v-1.1_$ARCH".deb "$DEBS/kubernetes-cni_$CNI_VERSION-1.1_$ARCH.deb" "$dir/$ARCH/"
  (cd "$dir" && apt-ftparchive packages "$ARCH" >Packages && gzip -nk Packages)
  # A flat repository: its Release has no Components.
  sign_release "$dir" / ''
  sed -i -e '/^Components:/d' "$dir/Release"
  rm "$dir"/{Release.gpg,InRelease}
  lab_gpg --armor --detach-sign -o "$dir/Release.gpg" "$dir/Release"
  lab_gpg --clearsign -o "$dir/InRelease" "$dir/Release"
  cp "$LAB_CACHE/apt-key.asc" "$dir/Release.key"
  swap "$dir" "$APT/kubernetes/v${v%.*}/deb"
}

publish_docker_repo() {
  local base="$APT/part" suite dir
  rm -rf "$base"
  for suite in bookworm trixie; do
    dir="$base/dists/$suite"
    mkdir -p "$dir/pool/stable/$ARCH" "$dir/stable/binary-$ARCH"
    ln "$DEBS/containerd.io_$CONTAINERD_VERSION-1_$ARCH.deb" "$dir/pool/stable/$ARCH/"
    (cd "$base" && apt-ftparchive packages "dists/$suite/pool/stable/$ARCH" >"dists/$suite/stable/binary-$ARCH/Packages")
    gzip -nk "$dir/stable/binary-$ARCH/Packages"
    sign_release "$dir" "$suite" stable
  done
  cp "$LAB_CACHE/apt-key.asc" "$base/gpg"
  swap "$base" "$APT/docker-ce/linux/debian"
}

# The Debian parts of images: what flanneld and kube-proxy exec, and a shell for tests.
# From trixie: the nft of bookworm crashes on rules that a newer nft has written.
ensure_netroot() {
  local root="$LAB_CACHE/netroot" out="$LAYERS/netroot.tar" from="$LAB_CACHE/stage-net" f want
  want=$(declare -f ensure_netroot | stamp_of)
  [ "$(stamp_read netroot)" = "$want" ] && [ -s "$out" ] && [ -s "$LAYERS/busybox.tar" ] && return
  rm -rf "$root" "$from"
  mkdir -p "$LAYERS"
  mmdebstrap --quiet --variant=extract --format=directory \
    --include=iptables,nftables,iproute2,busybox-static trixie "$from" >&2
  mkdir -p "$root"/{usr/sbin,usr/bin,usr/lib/x86_64-linux-gnu,usr/lib64,run,tmp,etc}
  ln -s usr/bin "$root/bin"
  ln -s usr/sbin "$root/sbin"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  cp -L "$from"/usr/sbin/{xtables-nft-multi,xtables-legacy-multi,nft} "$root/usr/sbin/"
  cp -L "$from/usr/bin/ip" "$from/usr/bin/busybox" "$root/usr/bin/"
  for f in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-nft-multi "$root/usr/sbin/$f"
    ln -s xtables-nft-multi "$root/usr/sbin/${f/tables/tables-nft}"
    ln -s xtables-legacy-multi "$root/usr/sbin/${f/tables/tables-legacy}"
  done
  cp -a "$from/usr/lib/x86_64-linux-gnu/xtables" "$root/usr/lib/x86_64-linux-gnu/"
  cp -L "$from/usr/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/"
  for f in /usr/sbin/xtables-nft-multi /usr/sbin/xtables-legacy-multi /usr/sbin/nft /usr/bin/ip; do
    chroot "$from" /usr/lib64/ld-linux-x86-64.so.2 --list "$f" | awk '$2 == "=>" { print $3 }'
  done | sort -u | while read -r f; do cp -L "$from$f" "$root/usr/lib/x86_64-linux-gnu/"; done
  for f in sh cat cp ls mkdir rm sleep grep sed awk wget nslookup ps nc ping id env hostname date; do
    ln -s busybox "$root/usr/bin/$f"
  done
  printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
  det_tar -C "$root" -cf "$out" .
  # busybox alone, for images that only need a shell.
  rm -rf "$from/bb"
  mkdir -p "$from/bb"/{bin,etc,tmp}
  chmod 1777 "$from/bb/tmp"
  cp -L "$from/usr/bin/busybox" "$from/bb/bin/busybox"
  cp "$root/etc/passwd" "$root/etc/group" "$from/bb/etc/"
  for f in "$root"/usr/bin/*; do [ ! -L "$f" ] || cp -a "$f" "$from/bb/bin/"; done
  det_tar -C "$from/bb" -cf "$LAYERS/busybox.tar" .
  rm -rf "$root" "$from"
  stamp_write netroot "$want"
}

# CA certificates and the users that distroless images have.
ensure_base_layer() {
  local root="$LAB_CACHE/stage-base"
  [ -s "$LAYERS/base.tar" ] && return
  mkdir -p "$LAYERS" "$root/etc/ssl/certs" "$root/tmp"
  chmod 1777 "$root/tmp"
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n' >"$root/etc/group"
  det_tar -C "$root" -cf "$LAYERS/base.tar" .
  rm -rf "$root"
}

# layer NAME COMPONENT SRC DEST [SRC DEST]...: a tar with files at given places.
layer() {
  local name=$1 component=$2 out="$LAYERS/$1.tar" root="$LAB_CACHE/stage-layer"
  shift 2
  current "$out" "$component" && return
  rm -rf "$root"
  while [ $# -gt 0 ]; do
    install -D -m 755 "$1" "$root$2"
    shift 2
  done
  det_tar -C "$root" -cf "$out.part" .
  mv "$out.part" "$out"
  rm -rf "$root"
}

# image REFS FLAT LAYERS CONFIG-JSON: one line of the plan that images/push.ts reads.
image() {
  jq -cn --arg refs "$1" --arg flat "$2" --arg layers "$3" --arg dir "$LAYERS" --argjson config "$4" '{
    refs: ($refs | split(" ")), flat: ($flat | split(" ") | map(select(. != ""))),
    layers: ($layers | split(" ") | map("\($dir)/\(.).tar")), config: $config }'
}

# flat SUFFIX: the name under which Aliyun's copy has it.
flat() { echo "$ALIYUN/$1"; }

image_plan() {
  local v bin env='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]' agn
  layer pause pause "$BIN/pause/pause" /pause
  image "registry.k8s.io/pause:$PAUSE_VERSION" "$(flat "pause:$PAUSE_VERSION")" pause \
    '{"Entrypoint":["/pause"],"User":"65535:65535"}'
  layer coredns coredns "$BIN/coredns/coredns" /coredns
  image "registry.k8s.io/coredns/coredns:v$COREDNS_VERSION" "$(flat "coredns:v$COREDNS_VERSION")" 'base coredns' \
    '{"Entrypoint":["/coredns"],"User":"nonroot:nonroot","WorkingDir":"/"}'
  for v in "${ETCD_VERSIONS[@]}"; do
    layer "etcd-$v" "etcd-$v" "$BIN/etcd-$v/etcd" /usr/local/bin/etcd \
      "$BIN/etcd-$v/etcdctl" /usr/local/bin/etcdctl "$BIN/etcd-$v/etcdutl" /usr/local/bin/etcdutl
    image "registry.k8s.io/etcd:$v-0" "$(flat "etcd:$v-0")" "base etcd-$v" "{$env}"
  done
  for v in "${READY_VERSIONS[@]}"; do
    for bin in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
      layer "$bin-$v" "kubernetes-$v" "$BIN/kubernetes-$v/$bin" "/usr/local/bin/$bin"
      image "registry.k8s.io/$bin:v$v" "$(flat "$bin:v$v")" \
        "$(if [ "$bin" = kube-proxy ]; then echo netroot; else echo base; fi) $bin-$v" \
        "{\"Entrypoint\":[\"/usr/local/bin/$bin\"],$env}"
    done
  done
  layer agnhost "kubernetes-$DEFAULT_K8S_VERSION" "$BIN/kubernetes-$DEFAULT_K8S_VERSION/agnhost" /agnhost
  agn="registry.k8s.io/e2e-test-images/agnhost:$AGNHOST_TAG quay.io/slipway-lab/agnhost:$AGNHOST_TAG"
  agn+=" gcr.io/slipway-lab/agnhost:$AGNHOST_TAG ghcr.io/slipway-lab/agnhost:$AGNHOST_TAG"
  agn+=" docker.io/library/nginx:latest docker.io/library/nginx:1.29"
  image "$agn" "$(flat "agnhost:$AGNHOST_TAG")" 'base busybox agnhost' "{\"Entrypoint\":[\"/agnhost\"],\"Cmd\":[\"pause\"],$env}"
  image 'docker.io/library/busybox:1.37 docker.io/library/busybox:latest' '' busybox "{\"Cmd\":[\"sh\"],$env}"
  layer flannel flannel "$BIN/flannel/flanneld" /opt/bin/flanneld
  image "ghcr.io/flannel-io/flannel:v$FLANNEL_VERSION" '' 'netroot flannel' "{\"Entrypoint\":[\"/opt/bin/flanneld\"],$env}"
  layer flannel-cni-plugin flannel-cni-plugin "$BIN/flannel-cni-plugin/flannel" /flannel
  image "ghcr.io/flannel-io/flannel-cni-plugin:$FLANNEL_CNI_TAG" '' 'busybox flannel-cni-plugin' "{$env}"
  if [ -x "$BIN/metrics-server/metrics-server" ]; then
    layer metrics-server metrics-server "$BIN/metrics-server/metrics-server" /metrics-server
    image "registry.k8s.io/metrics-server/metrics-server:v$METRICS_VERSION" "$(flat "metrics-server:v$METRICS_VERSION")" \
      'base metrics-server' '{"Entrypoint":["/metrics-server"],"User":"65534"}'
  fi
  if [ -x "$BIN/local-path-provisioner/local-path-provisioner" ]; then
    layer local-path-provisioner local-path-provisioner \
      "$BIN/local-path-provisioner/local-path-provisioner" /usr/bin/local-path-provisioner
    image "docker.io/rancher/local-path-provisioner:v$LOCAL_PATH_VERSION" '' 'base local-path-provisioner' \
      "{\"Entrypoint\":[\"local-path-provisioner\"],$env}"
  fi
}

registry_config() {
  printf '%s\n' 'version: 0.1' 'log: {level: warn}' 'storage:' "  filesystem: {rootdirectory: $1}" '  delete: {enabled: true}' \
    "http: {addr: $2}"
}

# Pushes through a registry of our own on a loopback port, into the storage the mirror serves.
publish_images() {
  local port=5177 pid
  ensure_netroot
  ensure_base_layer
  mkdir -p "$LAB_CACHE/registry" "$LAB_CACHE/log"
  registry_config "$LAB_CACHE/registry" "127.0.0.1:$port" >"$LAB_CACHE/registry-push.yml"
  "$BIN/registry/registry" serve "$LAB_CACHE/registry-push.yml" >"$LAB_CACHE/log/registry-push.log" 2>&1 7>&- 9>&- &
  pid=$!
  # shellcheck disable=SC2064 # the pid of now is meant
  trap "kill $pid 2>/dev/null || true" EXIT
  wait_for 60 'registry' curl -fs "http://127.0.0.1:$port/v2/"
  image_plan | jq -s --arg registry "127.0.0.1:$port" '{registry: $registry, images: .}' \
    | "$(node_bin)" "$LAB_DIR/images/push.ts" >"$LAB_CACHE/images.json.part"
  mv "$LAB_CACHE/images.json.part" "$LAB_CACHE/images.json"
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  trap - EXIT
}

write_lock() {
  local f out="$LAB_CACHE/cluster.lock.yml"
  {
    printf 'version: 1\nfiles:\n'
    (cd "$FILES" && find . -type f ! -name '*.sha256' ! -name '*.sha256sum' ! -name SHA256SUMS ! -name '*.txt' -printf '%P\n' \
      | LC_ALL=C sort | while read -r f; do printf '  %s: sha256:%s\n' "$f" "$(sum_hex "$f")"; done)
    printf 'debs:\n'
    for f in "$DEBS"/*.deb; do
      [ -e "$f" ] || continue
      printf '  %s: sha256:%s\n' "$(basename "$f" .deb)" "$(sum_hex "$f")"
    done
    printf 'images:\n'
    jq -r 'to_entries | sort_by(.key)[] | "  \(.key): \(.value)"' "$LAB_CACHE/images.json"
  } >"$out.part"
  mv "$out.part" "$out"
}

# READY_VERSIONS: the Kubernetes versions whose binaries are there.
find_ready_versions() {
  local v
  READY_VERSIONS=()
  for v in "${K8S_VERSIONS[@]}"; do
    if [ -n "$(stamp_read "kubernetes-$v")" ] && [ -x "$BIN/kubernetes-$v/kubelet" ]; then READY_VERSIONS+=("$v"); fi
  done
}

publish() {
  local recipes want v
  recipes=$(cat "$LAB_DIR/lib/publish.sh" "$LAB_DIR/images/push.ts" | stamp_of)
  [ -z "${LOOK:-}" ] || [ "$(stamp_read recipes)" = "$recipes" ] || exit 1
  [ "$(stamp_read recipes)" = "$recipes" ] || stamp_write recipes "$recipes"
  want=$(cd "$LAB_CACHE/stamps" && find . -type f ! -name published ! -name netroot ! -name 'image-*' | LC_ALL=C sort | xargs cat | stamp_of)
  [ "$(stamp_read published)" = "$want" ] && return
  [ -z "${LOOK:-}" ] || exit 1
  say 'publishing files, packages and images'
  ensure_apt_key
  find_ready_versions
  for v in "${READY_VERSIONS[@]}"; do
    publish_kubernetes_files "$v"
    publish_kubernetes_debs "$v"
  done
  publish_release_files
  publish_other_debs
  for v in "${READY_VERSIONS[@]}"; do publish_kubernetes_repo "$v"; done
  publish_docker_repo
  gpgconf --homedir "$LAB_CACHE/gpg" --kill all
  publish_images
  write_lock
  stamp_write published "$want"
}
