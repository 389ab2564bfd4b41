# shellcheck shell=bash
# What the operator's machine needs, and an engine that answers.

# nft shows the tests a host's tables from outside.
NEEDED=(docker nft mmdebstrap vagrant go gcc jq gpg apt-ftparchive dpkg-deb openssl curl ssh-keygen strip)
# Signatures of other Debian releases than our own are checked with this.
NEEDED_FILES=(/usr/share/keyrings/debian-archive-keyring.gpg /usr/include/seccomp.h)
PACKAGES=(docker.io nftables mmdebstrap vagrant gcc libc6-dev libseccomp-dev jq gnupg apt-utils dpkg-dev openssl curl openssh-client binutils debian-archive-keyring)

missing() {
  local c
  for c in "${NEEDED[@]}"; do have "$c" || echo "$c"; done
  for c in "${NEEDED_FILES[@]}"; do [ -e "$c" ] || echo "$c"; done
}

engine_answers() { timeout 5 docker info >/dev/null 2>&1; }

# An engine that was killed leaves the numbers of its processes behind; a new one refuses to start while another process bears one of them.
forget_engine() {
  local file
  for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    [ ! -e "$file" ] || case "$(cat "/proc/$(cat "$file")/comm" 2>/dev/null || true)" in
      dockerd | containerd) ;;
      *) rm -f "$file" ;;
    esac
  done
}

start_engine() {
  engine_answers && return
  if [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null; then
    wait_for 120 'docker' engine_answers
    return
  fi
  [ "$(id -u)" = 0 ] || die 'no container engine answers; start docker'
  have dockerd || die 'no container engine answers, and there is no dockerd to start'
  mkdir -p "$LAB_CACHE/log"
  forget_engine
  # In a session of its own, so that it outlives this shell.
  setsid nohup dockerd >"$LAB_CACHE/log/dockerd.log" 2>&1 </dev/null 7>&- 9>&- &
  (wait_for 120 "dockerd (its log: $LAB_CACHE/log/dockerd.log)" engine_answers) || { tail -n 20 "$LAB_CACHE/log/dockerd.log" >&2; exit 1; }
}

setup() {
  local lack
  lack=$(missing)
  if [ -n "$lack" ]; then
    if ! have apt-get; then
      die "missing: $(echo "$lack" | tr '\n' ' ')- the lab's artifacts are built on Debian or Ubuntu; there, run: vagrant/lab setup"
    fi
    [ "$(id -u)" = 0 ] || die "missing: $(echo "$lack" | tr '\n' ' ')- run: sudo apt-get install ${PACKAGES[*]}"
    if echo "$lack" | grep -qx go; then die 'missing: go (1.26 or newer, https://go.dev/dl/)'; fi
    say "installing what is missing: $(echo "$lack" | tr '\n' ' ')"
    DEBIAN_FRONTEND=noninteractive apt-get -q update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${PACKAGES[@]}" >&2
  fi
  start_engine
  ensure_node
}
