# shellcheck shell=bash
# The network and the mirror host.

MIRROR="$LAB_PREFIX-mirror"

ensure_network() {
  docker network inspect "$LAB_NET" >/dev/null 2>&1 && return
  docker network create --subnet "$LAB_SUBNET" --label "$LAB_LABEL" \
    -o "com.docker.network.bridge.name=$LAB_BRIDGE" "$LAB_NET" >/dev/null
}

# rootfs SUITE: Debian's file system, made once; later changes come by apt in the hosts.
ensure_rootfs() {
  local suite=$1 out="$LAB_CACHE/rootfs/$1.tar" packages
  [ -s "$out" ] && return
  # What a Debian cloud image has, without its kernel, cloud-init, and clock daemon.
  packages=systemd,systemd-sysv,dbus,libpam-systemd,udev,openssh-server,sudo,ca-certificates,curl,wget
  packages+=,iproute2,iputils-ping,procps,kmod,less,netbase,nano,lsb-release,xz-utils,bzip2,apt-utils,psmisc,tzdata,gettext-base
  mkdir -p "${out%/*}"
  say "making the Debian $suite file system (a minute)"
  mmdebstrap --quiet --format=tar --variant=minbase --aptopt='APT::Install-Recommends "false"' --components=main \
    "--include=$packages" "$suite" "$out.part" "deb http://deb.debian.org/debian $suite main" \
    "deb http://deb.debian.org/debian $suite-updates main" \
    "deb http://deb.debian.org/debian-security $suite-security main" >&2 || die "mmdebstrap failed for $suite"
  mv "$out.part" "$out"
}

image_present() { docker image inspect "$1" >/dev/null 2>&1; }

ensure_base_image() {
  local suite=$1 id
  ensure_rootfs "$suite"
  id=$(stat -c '%s-%Y' "$LAB_CACHE/rootfs/$suite.tar")
  if [ "$(stamp_read "image-base-$suite")" != "$id" ] || ! image_present "$LAB_PREFIX-base:$suite"; then
    docker import "$LAB_CACHE/rootfs/$suite.tar" "$LAB_PREFIX-base:$suite" >/dev/null
    stamp_write "image-base-$suite" "$id"
  fi
}

ensure_host_image() {
  local suite=$1 want context="$LAB_CACHE/stage-host-$1"
  want=$({ cat "$LAB_DIR"/host/* "$PKI/ca.crt" "$LAB_CACHE/ssh/id_ed25519.pub"; stat -c '%s-%Y' "$LAB_CACHE/rootfs/$suite.tar"; } 2>/dev/null | stamp_of)
  [ "$(stamp_read "image-host-$suite")" = "$want" ] && image_present "$LAB_PREFIX-host:$suite" && return
  ensure_base_image "$suite"
  want=$({ cat "$LAB_DIR"/host/* "$PKI/ca.crt" "$LAB_CACHE/ssh/id_ed25519.pub"; stat -c '%s-%Y' "$LAB_CACHE/rootfs/$suite.tar"; } | stamp_of)
  say "building the image of a Debian $suite host"
  rm -rf "$context"
  cp -r "$LAB_DIR/host" "$context"
  cp "$PKI/ca.crt" "$context/lab-ca.crt"
  cp "$LAB_CACHE/ssh/id_ed25519.pub" "$context/authorized_keys"
  DOCKER_BUILDKIT=0 docker build -q --network none --label "$LAB_LABEL" --build-arg "BASE=$LAB_PREFIX-base:$suite" \
    --build-arg "SUITE=$suite" -t "$LAB_PREFIX-host:$suite" "$context" >/dev/null 2>"$LAB_CACHE/log/build-$suite.log" \
    || { cat "$LAB_CACHE/log/build-$suite.log" >&2; die "the image of a $suite host did not build"; }
  rm -rf "$context"
  stamp_write "image-host-$suite" "$want"
}

ensure_mirror_image() {
  local want context="$LAB_CACHE/stage-mirror"
  want=$({ echo 2; stat -c '%s-%Y' "$LAB_CACHE/rootfs/bookworm.tar"; sha256sum <"$LAYERS/netroot.tar"; } 2>/dev/null | stamp_of)
  [ "$(stamp_read image-mirror)" = "$want" ] && image_present "$MIRROR" && return
  ensure_base_image bookworm
  rm -rf "$context"
  mkdir -p "$context"
  cp "$LAYERS/netroot.tar" "$context/"
  # nft comes from the same files as in the images; Debian's base has none.
  printf 'FROM %s-base:bookworm\nADD netroot.tar /opt/net/\n' "$LAB_PREFIX" >"$context/Dockerfile"
  DOCKER_BUILDKIT=0 docker build -q --network none --label "$LAB_LABEL" -t "$MIRROR" "$context" >/dev/null 2>&1 \
    || die 'the image of the mirror host did not build'
  rm -rf "$context"
  stamp_write image-mirror "$want"
}

# The names the lab's DNS answers: the mirror's and the hosts'.
lab_names() {
  local n
  {
    for n in "${MIRROR_NAMES[@]}"; do printf '%s %s\n' "$n" "$LAB_MIRROR_IP"; done
    for n in "${ALL_HOSTS[@]}"; do printf '%s %s\n' "$n" "$(host_ip "$n")"; done
  } | jq -Rcn --arg own "$LAB_MIRROR_IP" --arg hole "$LAB_BLACKHOLE" \
    '{own: $own, blackhole: $hole, hosts: ([inputs | split(" ") | {(.[0]): .[1]}] | add)}'
}

mirror_answers() { curl -fs -m 2 -o /dev/null "$LAB_CONTROL/healthz"; }
running() { [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

ensure_mirror() {
  local want
  # A change of its code or certificates needs a new start; new files are seen at once.
  want=$({ cat "$LAB_DIR"/mirror/*.ts "$LAB_DIR/lib/mirror.sh" "$PKI/server.crt"; stamp_read registry; stamp_read coredns; } | stamp_of)
  if running "$MIRROR" && [ "$(docker inspect -f '{{index .Config.Labels "slipway-lab.stamp"}}' "$MIRROR")" = "$want" ]; then
    mirror_answers && return
  fi
  ensure_mirror_image
  away "$MIRROR"
  mkdir -p "$LAB_CACHE/mirror"
  docker run -d --name "$MIRROR" --hostname mirror --label "$LAB_LABEL" --label "slipway-lab.stamp=$want" \
    --network "$LAB_NET" --ip "$LAB_MIRROR_IP" --cap-add NET_ADMIN --sysctl net.ipv4.ip_forward=0 \
    --tmpfs /run --volume "$LAB_CACHE:/lab:ro" --volume "$LAB_CACHE/mirror:/state" --volume "$LAB_DIR/mirror:/app:ro" \
    --env "LAB_NAMES=$(lab_names)" --env NODE_NO_WARNINGS=1 "$MIRROR" /lab/node/bin/node /app/main.ts >/dev/null
  wait_for 120 "the mirror host (docker logs $MIRROR)" mirror_answers
}
