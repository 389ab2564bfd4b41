# Takes one backup of the cluster on a control plane: a snapshot of etcd together with the keys without which it is worth nothing, encrypted to
# a public key. What goes before this text sets the variables (steps/etcd-backup.ts); `backup; exit` comes after it.
# The file is a tar of three members: manifest (plain: what it is), envelope (the drawn key and the digests, to the recipient), payload (the rest).
set -eu
umask 077
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PKI=/etc/kubernetes/pki
# systemd may hand a proxy to every unit (DefaultEnvironment=): it is for the storage, not for etcd's members.
no_proxy=${no_proxy:-${NO_PROXY:-}},127.0.0.1,localhost,$(printf '%s' "$ENDPOINTS" | sed 's,https://\([^: ]*\):[0-9]*,\1,g; s/  */,/g')
export no_proxy NO_PROXY="$no_proxy" KUBERC=off
MEMORY=/run/slipway-etcd-backup
# kubectl would keep its cache below /, because a service of root's has no home.
export KUBECACHEDIR=$MEMORY/kubectl
# For how many seconds one backup waits for another.
PATIENCE=600

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

ctl() { "$ETCD/etcdctl" --cacert=$PKI/etcd/ca.crt --cert=$PKI/apiserver-etcd-client.crt --key=$PKI/apiserver-etcd-client.key --command-timeout=900s --dial-timeout=5s "$@"; }

# The first of $ENDPOINTS that answers; a snapshot is asked of exactly one.
choose_endpoint() {
	for endpoint in $ENDPOINTS; do
		if ctl --endpoints="$endpoint" --command-timeout=5s endpoint status -w fields >"$MEMORY/status" 2>"$MEMORY/error"; then return 0; fi
	done
	fail "etcd does not answer ($ENDPOINTS): $(tail -n 1 "$MEMORY/error")"
}

status() { sed -n "s/^\"$1\" : //p" "$MEMORY/status"; }

# Every control plane wakes up at the same time, and one of them acts, by the same rule on all: etcd's leader, or the holder of the controllers' lease.
my_turn() {
	case $TURN in
	always) return 0 ;;
	leader) [ "$(status MemberID)" = "$(status Leader)" ] ;;
	lease)
		# By the name of the controller manager, which may read its lease: admin.conf ends after a year in which nobody ran anything.
		# Who cannot ask must not take it for another's turn: all of them would, and every backup that nobody takes would pass for a good one.
		holder=$(timeout 20 kubectl --kubeconfig /etc/kubernetes/controller-manager.conf --request-timeout=15s get lease -n kube-system kube-controller-manager -o 'jsonpath={.spec.holderIdentity}') ||
			fail "the API server does not say whose turn it is"
		[ "${holder%%_*}" = "$(hostname)" ]
		;;
	esac
}

# etcd's file as it is, and the archive beside it.
enough_space() {
	free=$(df -Pk "$DIRECTORY" | awk 'NR == 2 {print $4}')
	needed=$(($(status DBSize) * 2 / 1024 + 65536))
	[ "$free" -ge "$needed" ] || fail "$DIRECTORY has $((free / 1024)) MiB free; $((needed / 1024)) MiB are needed"
}

collect() {
	mkdir -p "$work/in"
	ctl --endpoints="$endpoint" snapshot save "$work/in/etcd.db" >"$MEMORY/said" 2>&1 || fail "the snapshot failed: $(tail -n 1 "$MEMORY/said")"
	"$ETCD/etcdutl" snapshot status "$work/in/etcd.db" -w fields >"$MEMORY/snapshot"
	for path in $SECRETS $PASSING; do
		if [ ! -f "$path" ]; then
			case " $PASSING " in *" $path "*) continue ;; esac
			fail "$path is missing: a backup without it could not be restored"
		fi
		mkdir -p "$work/in/secrets${path%/*}"
		cp "$path" "$work/in/secrets$path"
	done
	seen() { sed -n "s/^\"$1\" : //p" "$MEMORY/snapshot"; }
	printf '%s\n' "$ABOUT" "taken=$taken" "host=$(hostname)" "revision=$(seen Revision)" "keys=$(seen Keys)" "size=$(seen Size)" >"$work/manifest"
}

digest() { sha256sum "$1" | cut -d ' ' -f 1; }

# openssl has no authenticated cipher for streams, so the envelope, which cannot be changed unnoticed (OAEP), vouches for all the rest.
seal() {
	openssl rand -hex 32 >"$MEMORY/key"
	{ tar -C "$work/in" -cz --owner=0 --group=0 --numeric-owner etcd.db secrets || : >"$work/broken"; } |
		openssl enc -aes-256-ctr -pbkdf2 -pass "file:$MEMORY/key" -out "$work/payload"
	[ ! -e "$work/broken" ] || fail 'the payload could not be written'
	rm -rf "$work/in"
	printf '%s\n' "$RECIPIENT" >"$MEMORY/recipient"
	printf 'key=%s\npayload=%s\nmanifest=%s\n' "$(cat "$MEMORY/key")" "$(digest "$work/payload")" "$(digest "$work/manifest")" |
		openssl pkeyutl -encrypt -pubin -inkey "$MEMORY/recipient" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -out "$work/envelope"
	tar -C "$work" -cf "$work/$name" --owner=0 --group=0 --numeric-owner manifest envelope payload
	rm -f "$work/payload"
	sync "$work/$name"
	mv "$work/$name" "$DIRECTORY/$name"
	sync "$DIRECTORY"
}

# The oldest of ours beyond $KEEP, from a list of names on stdin.
beyond() { grep -E "^$CLUSTER-[0-9]{8}T[0-9]{6}Z\.tar\$" | sort -r | tail -n +$((KEEP + 1)); }

prune() {
	[ "$KEEP" -gt 0 ] || return 0
	# shellcheck disable=SC2012 # the names were made here
	ls "$DIRECTORY" | beyond | while read -r old; do rm -f "$DIRECTORY/$old"; done
}

NOTHING=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# s3 SHA256-OF-THE-BODY ARGUMENT...: curl signs this header, which S3 asks for, and does not add it by itself (curl issue 8810).
s3() {
	body=$1
	shift
	curl -q -fsS -K "$S3_LOGIN" ${S3_CA:+--cacert "$S3_CA"} --aws-sigv4 "aws:amz:$S3_REGION:s3" -H "x-amz-content-sha256: $body" --connect-timeout 10 --retry 3 --speed-limit 1024 --speed-time 60 "$@"
}

# Keys of the bucket that begin with ours, one a line. Names sort by time, and S3 lists them in that order, at most a thousand.
s3_list() { s3 $NOTHING "$S3_URL?list-type=2&prefix=$S3_QUERY$CLUSTER-" | grep -o '<Key>[^<]*</Key>' | sed 's|^<Key>||; s|</Key>$||'; }

upload() {
	[ -n "$S3_URL" ] || return 0
	s3 "$(digest "$DIRECTORY/$name")" -T "$DIRECTORY/$name" "$S3_URL/$S3_PREFIX$name"
	printf 'uploaded s3://%s/%s%s\n' "$S3_BUCKET" "$S3_PREFIX" "$name"
	[ "$KEEP" -gt 0 ] || return 0
	s3_list | sed "s|^$S3_PREFIX||" | beyond | while read -r old; do s3 $NOTHING -X DELETE -o /dev/null "$S3_URL/$S3_PREFIX$old"; done
}

# Runs of one host share $MEMORY, those of all hosts may share $DIRECTORY: who has no turn must not hold up there the one that has.
backup() {
	install -d -m 0700 /run/slipway
	exec 7>/run/slipway/etcd-backup.lock
	flock -w "$PATIENCE" 7 || fail "another backup has been running on this host for more than $PATIENCE s"
	rm -rf "$MEMORY"
	mkdir -p "$MEMORY"
	trap 'rm -rf "$MEMORY"' EXIT
	trap 'exit 143' TERM INT PIPE
	choose_endpoint
	if ! my_turn; then
		printf '%s\n' "another control plane's turn"
		return 0
	fi
	mkdir -p "$DIRECTORY"
	exec 8>"$DIRECTORY/.lock"
	flock -w "$PATIENCE" 8 || fail "another backup has been written to $DIRECTORY for more than $PATIENCE s"
	work=$DIRECTORY/.part
	trap 'rm -rf "$work" "$MEMORY"' EXIT
	rm -rf "$work"
	mkdir "$work"
	enough_space
	taken=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	name=$CLUSTER-$(printf '%s' "$taken" | tr -d ':-').tar
	collect
	seal
	sed 's/^/manifest /' "$work/manifest"
	printf 'written %s %s %s\n' "$DIRECTORY/$name" "$(stat -c %s "$DIRECTORY/$name")" "$(digest "$DIRECTORY/$name")"
	# A storage that does not answer must not fill the disk.
	prune
	upload
	if [ "$LOCAL" = no ]; then rm -f "$DIRECTORY/$name"; fi
}
