# shellcheck shell=bash
# Hosts: made by vagrant, remade quickly by docker with the same arguments.

host_port() { case "$1" in cp1) echo 2211 ;; cp2) echo 2212 ;; cp3) echo 2213 ;; w1) echo 2221 ;; w2) echo 2222 ;; s*) echo "223${1#s}" ;; esac; }
lab_ssh() {
  local name=$1
  shift
  ssh -q -i "$LAB_STATE/id_ed25519" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$LAB_STATE/known_hosts" \
    -o StrictHostKeyChecking=yes -o ConnectTimeout=5 "root@$(host_ip "$name")" "$@"
}

# The files that cluster.yml names; the key and the lock are the cache's.
write_state() {
  mkdir -p "$LAB_STATE"
  chmod 700 "$LAB_STATE"
  local pair from to
  for pair in ssh/id_ed25519:.lab/id_ed25519 ssh/id_ed25519.pub:.lab/id_ed25519.pub apt-key.asc:.lab/apt-key.asc \
    pki/ca.crt:.lab/ca.crt cluster.lock.yml:cluster.lock.yml cluster.lock.yml:ha.lock.yml; do
    from="$LAB_CACHE/${pair%%:*}" to="$LAB_DIR/${pair#*:}"
    cmp -s "$from" "$to" || install -m 600 "$from" "$to"
  done
  [ -e "$LAB_STATE/known_hosts" ] || : >"$LAB_STATE/known_hosts"
}

# The engine is asked, not the network: what it prints is the host's own file.
record_host_keys() {
  local name=$1 ip keys
  ip=$(host_ip "$name")
  keys=$(docker exec "$(host_container "$name")" sh -c 'cat /etc/ssh/ssh_host_*_key.pub' | awk -v ip="$ip" '{print ip, $1, $2}')
  [ -n "$keys" ] || die "$name has no host keys"
  (
    flock 8
    grep -v "^$ip " "$LAB_STATE/known_hosts" >"$LAB_STATE/known_hosts.part" || true
    printf '%s\n' "$keys" >>"$LAB_STATE/known_hosts.part"
    mv "$LAB_STATE/known_hosts.part" "$LAB_STATE/known_hosts"
  ) 8>"$LAB_STATE/.lock"
}

booted() {
  case "$(timeout 30 docker exec "$(host_container "$1")" systemctl is-system-running --wait 2>/dev/null)" in
    running | degraded) return 0 ;;
    *) return 1 ;;
  esac
}
ssh_answers() { [ -n "$(timeout 2 bash -c "exec 3<>/dev/tcp/$(host_ip "$1")/22 && head -c 4 <&3" 2>/dev/null)" ]; }

wait_host() {
  wait_for 180 "$1 did not boot (docker logs $(host_container "$1"))" booted "$1"
  wait_for 30 "ssh on $1" ssh_answers "$1"
  record_host_keys "$1"
}

# Vagrant knows a docker host by its id; a remade host has a new one.
tell_vagrant() {
  local dir="$LAB_DIR/.vagrant/machines/$1/docker"
  [ -d "$dir" ] || return 0
  printf '%s' "$2" >"$dir/id"
}

make_host() {
  local name=$1 suite args id
  suite=$(host_suite "$name")
  mapfile -t args < <("$LAB_DIR/lib/host-args.sh" "$name" "$(host_ip "$name")" "$suite" "$(host_port "$name")")
  away "$(host_container "$name")"
  id=$(docker run -d "${args[@]}" "$LAB_PREFIX-host:$suite") || die "$name was not made"
  tell_vagrant "$name" "$id"
}

# each FUNCTION NAME...: for all at once; fails when one failed.
each() {
  local f=$1 name pids=() pid bad=0
  shift
  for name in "$@"; do
    "$f" "$name" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
  [ "$bad" = 0 ] || exit 1
}

prepare() {
  local name
  setup
  # What is there already need not wait for somebody who builds something else.
  (LOOK=1 ensure_artifacts) || with_lock build ensure_artifacts
  ensure_pki
  for name in "$@"; do ensure_rootfs "$(host_suite "$name")"; done
  for name in "$@"; do ensure_host_image "$(host_suite "$name")"; done
  ensure_network
  ensure_mirror
  write_state
}

fresh_one() {
  make_host "$1"
  wait_host "$1"
}

# A container of that name which this checkout's vagrant does not know (another checkout made it, and its engine has been restarted since)
# would stop `vagrant up`: it is made anew.
forget_stranger() {
  local id known
  id=$(docker inspect -f '{{.Id}}' "$(host_container "$1")" 2>/dev/null) || return 0
  known=$(cat "$LAB_DIR/.vagrant/machines/$1/docker/id" 2>/dev/null || true)
  [ "$id" = "$known" ] || away "$(host_container "$1")"
}

# What a host says of itself when it does not come up.
ailing() {
  local container
  container=$(host_container "$1")
  say "--- $1: $(docker inspect -f '{{.State.Status}}, exit {{.State.ExitCode}} {{.State.Error}}' "$container" 2>&1)"
  docker logs --tail 10 "$container" >&2 2>&1 || true
  timeout 10 docker exec "$container" sh -c 'systemctl list-jobs --no-pager; systemctl --failed --no-pager --no-legend' >&2 2>&1 || true
}

vagrant_up() {
  have vagrant || die 'vagrant is not installed: vagrant/lab setup'
  (cd "$LAB_DIR" && VAGRANT_CHECKPOINT_DISABLE=1 timeout 600 vagrant up --provider=docker --no-provision "$@" >&2 7>&- 9>&-) || die 'vagrant up failed'
}

up() {
  local name need=() check=()
  with_lock hosts prepare "$@"
  for name in "$@"; do
    if running "$(host_container "$name")"; then check+=("$name"); else need+=("$name"); fi
  done
  for name in "${need[@]}"; do forget_stranger "$name"; done
  if [ ${#need[@]} -gt 0 ] && ! (vagrant_up "${need[@]}" && each wait_host "${need[@]}"); then
    # What a machine that lost its power left behind is no reason to give up: once more, made by the engine itself.
    for name in "${need[@]}"; do ailing "$name"; done
    say "making ${need[*]} anew"
    each fresh_one "${need[@]}"
  fi
  [ ${#check[@]} = 0 ] || each wait_host "${check[@]}"
}

fresh() {
  local name
  if ! running "$MIRROR" || ! mirror_answers; then with_lock hosts prepare "$@"; fi
  for name in "$@"; do ensure_host_image "$(host_suite "$name")"; done
  each fresh_one "$@"
}

down() {
  local name
  for name in "$@"; do
    docker rm -fv "$(host_container "$name")" >/dev/null 2>&1 || true
    rm -rf "$LAB_DIR/.vagrant/machines/$name/docker"
  done
}

clean() {
  local ids
  ids=$(docker ps -aq --filter "label=$LAB_LABEL")
  # shellcheck disable=SC2086 # one argument per id
  [ -z "$ids" ] || docker rm -fv $ids >/dev/null
  ids=$(docker volume ls -q --filter "name=$LAB_PREFIX")
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker volume rm $ids >/dev/null
  docker network rm "$LAB_NET" >/dev/null 2>&1 || true
  rm -rf "$LAB_DIR/.vagrant/machines" "$LAB_STATE/known_hosts" "$LAB_CACHE"/mirror/*.jsonl
}

power_on() {
  docker start "$(host_container "$1")" >/dev/null
  wait_host "$1"
}

status() {
  local name ip state
  for name in mirror "${ALL_HOSTS[@]}"; do
    ip=$LAB_MIRROR_IP
    [ "$name" = mirror ] || ip=$(host_ip "$name")
    state=$(docker inspect -f '{{.State.Status}} since {{.State.StartedAt}}' "$(host_container "$name")" 2>/dev/null) || state=absent
    printf '%-7s %-11s %s\n' "$name" "$ip" "$state"
  done
}
