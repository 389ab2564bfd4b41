# Images into containerd's own store, fetched by the same rules as files: a refusing, slow or lying registry costs its limits once.
# Part of every script of an apply (texts.ts).

# blob BASE KIND DIGEST DIR: DIR/blobs/sha256/HEX, unless it is there already.
blob() {
	matches "$4/blobs/sha256/${3#sha256:}" "$3" && return
	registry_get "$1" "$2" "$3" "$4/blobs/sha256/${3#sha256:}"
}

config_of() { tr -d ' \n\t' <"$1" | sed -n 's/.*"config":{\([^}]*\)}.*/\1/p' | grep -o '"digest":"sha256:[0-9a-f]*"' | cut -d '"' -f 4; }

# image_layout BASE PIN ARCH DIR: everything of an image that this machine needs, each verified by its digest.
image_layout() {
	top=$4/blobs/sha256/${2#sha256:}
	own=$top
	blob "$1" manifests "$2" "$4" || return 1
	if is_index "$top"; then
		digest=$(platform_of "$top" "$3")
		if [ -z "$digest" ]; then
			error="no image for $3"
			return 1
		fi
		blob "$1" manifests "$digest" "$4" || return 1
		own=$4/blobs/sha256/${digest#sha256:}
	fi
	for digest in $(config_of "$own") $(layers_of "$own"); do
		blob "$1" blobs "$digest" "$4" || return 1
	done
}

# load_image NAME PIN DIR: the layout becomes an image of that name (OCI image layout; containerd names it by the annotation).
load_image() {
	kind=application/vnd.oci.image.manifest.v1+json
	if is_index "$3/blobs/sha256/${2#sha256:}"; then kind=application/vnd.oci.image.index.v1+json; fi
	printf '{"imageLayoutVersion":"1.0.0"}' >"$3/oci-layout"
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%s,"annotations":{"io.containerd.image.name":"%s"}}]}' \
		"$kind" "$2" "$(size_of "$3/blobs/sha256/${2#sha256:}")" "$1" >"$3/index.json"
	tar -C "$3" -cf - oci-layout index.json blobs | timeout 300 ctr -n k8s.io images import - >"$RUN/import" 2>&1 && return
	cat "$RUN/import" >&2
	fail "containerd did not take the image $1"
}

# deliver_image NAME ARCH DIR BASE PIN [BASE PIN]...: from the first place that delivers what is pinned for it; `used` is that pin.
deliver_image() {
	image=$1
	machine=$2
	layout=$3
	shift 3
	install -d -m 0700 "$layout/blobs/sha256"
	failures=
	while [ $# -gt 0 ]; do
		if deliver_from "$1" "$2"; then
			# shellcheck disable=SC2034 # the resource's own script stamps with it
			used=$2
			printf 'fetched %s from %s\n' "$image" "$from"
			return 0
		fi
		shift 2
	done
	keep_blobs "$layout"
	rm -rf "$layout"
	fail "no place delivered the image $image:$failures"
}

# pull_closed NAME: by containerd itself, which has the credentials and the CA of a registry of the user's own (certs.d).
pull_closed() {
	timeout 600 ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "$1" >"$RUN/import" 2>&1 &&
		{ [ "$1" = "$image" ] || ctr -n k8s.io images tag --force "$1" "$image" >"$RUN/import" 2>&1; } && return
	error=$(sed -n 's/^ctr: //p' "$RUN/import" | tail -n 1)
	error=${error:-ctr images pull failed}
	return 1
}

# deliver_from BASE PIN
deliver_from() {
	case $1 in
	containerd:*)
		from=$(host_of "https://${1#containerd:}")
		pull_closed "${1#containerd:}" && return
		blame "$from" "${image##*/}" "$error"
		return 1
		;;
	esac
	from=$(host_of "$1")
	take_image "$1" "$2" && load_image "$image" "$2" "$layout"
}

# take_image BASE PIN: into the layout, with a token where the registry wants one; it goes nowhere else.
take_image() {
	if is_down "$from"; then
		failures="$failures
$from: not asked again in this run"
		return 1
	fi
	taken=0
	if ! registry_token "$1" "$2" || ! image_layout "$1" "$2" "$machine" "$layout"; then taken=1; fi
	FETCH_HEADER=
	FETCH_ACCEPT=
	if [ "$taken" -ne 0 ]; then blame "$from" "${1##*/}" "$error"; fi
	return "$taken"
}
