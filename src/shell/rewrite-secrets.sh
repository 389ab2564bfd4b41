# Writes every Secret again as it is, under the key named $KEY (steps/encrypted-secrets.ts): an API server encrypts what it is given with its first
# key, also where nothing changed (kubernetes.io, encrypt data at rest). A Secret that somebody changes meanwhile is written by that change.

# What was written already, one file of names for each namespace. It outlives this script: one that was cut off is gone on with.
WRITTEN=$RUN/rewritten-$KEY

# rewrite: one go through all namespaces.
rewrite() {
	mkdir -p "$WRITTEN"
	k 300 get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' >"$WRITTEN/.namespaces" || return 1
	rewrite_failed=0
	while read -r namespace; do
		rewrite_in "$namespace" </dev/null || rewrite_failed=1
	done <"$WRITTEN/.namespaces"
	return "$rewrite_failed"
}

# rewrite_in NAMESPACE: what it holds and is not written yet. One that could not be asked is not an empty one: what it holds would be lost
# with the old key.
rewrite_in() {
	touch "$WRITTEN/$1"
	k 300 -n "$1" get secrets -o name >"$WRITTEN/.found" || return 1
	grep -vxF -f "$WRITTEN/$1" "$WRITTEN/.found" >"$WRITTEN/.missing" || return 0
	if [ ! -s "$WRITTEN/$1" ]; then
		# One list instead of a request for each.
		k 300 -n "$1" get secrets -o json | write_in "$1"
		return
	fi
	xargs -n 100 <"$WRITTEN/.missing" >"$WRITTEN/.batches"
	while read -r batch; do
		# shellcheck disable=SC2086 # names are words
		k 300 -n "$1" get $batch --ignore-not-found -o json </dev/null | write_in "$1" || return 1
	done <"$WRITTEN/.batches"
}

# write_in NAMESPACE: stdin is Secrets.
write_in() { k 300 -n "$1" replace -f - -o name >>"$WRITTEN/$1"; }

# old_in_etcd: the Secrets that etcd on this host holds under another key, one "NAMESPACE secret/NAME" a line. etcdctl prints a key, then its value.
old_in_etcd() {
	ctl 60 '' get /registry/secrets/ --prefix >"$WRITTEN/.etcd" || return 1
	tr '\0' ' ' <"$WRITTEN/.etcd" | awk -v key=":$KEY:" '
		asked { asked = 0; if (index($0, "k8s:enc:") != 1 || !index(substr($0, 1, 300), key)) print name; next }
		/^\/registry\/secrets\/[^\/]+\/[^\/]+$/ { split($0, part, "/"); name = part[4] " secret/" part[5]; asked = 1 }'
}

# all_new: what etcd holds under another key is written again.
all_new() {
	old_in_etcd >"$WRITTEN/.old" || return 1
	[ -s "$WRITTEN/.old" ] || return 0
	cat "$WRITTEN/.old"
	while read -r namespace name; do
		grep -vxF -- "$name" "$WRITTEN/$namespace" >"$WRITTEN/.kept" || true
		mv -f "$WRITTEN/.kept" "$WRITTEN/$namespace"
	done <"$WRITTEN/.old"
	rewrite
	return 1
}

# rewrite_secrets: where etcd runs on this host it is asked as well, because what is not written with the new key is lost with the old one.
rewrite_secrets() {
	await 600 'writing every Secret with the new key' rewrite
	if [ -d /var/lib/etcd/member ]; then await 120 "every Secret in etcd under $KEY" all_new; fi
	rm -rf "$WRITTEN"
}
