# The same files out of other packagings: signed packages and official images. Part of every script of an apply (shell-texts.ts).
# Every function returns 1 and adds to `failures` where it has nothing to give; what it took is verified like any other file.

APT_PRIVATE=
DEB_LIMIT=600

# private_apt REPOSITORY FILE: stdin becomes a file of sources of our own, which no other apt run sees.
private_apt() {
	install -d -m 0755 "$STATE/apt" "$STATE/apt/$1" "$STATE/apt/$1/lists" "$STATE/apt/$1/lists/partial" "$STATE/apt/$1/cache/archives/partial"
	cat >"$STATE/apt/$1/$2"
	chmod 0644 "$STATE/apt/$1/$2"
}

not_from() {
	failures="$failures
$1: $2"
	note "fetch-failed $1: $2"
}

# fetch_deb REPOSITORY PACKAGE VERSION PIN DESTINATION
fetch_deb() {
	place=$STATE/apt/$1
	APT_PRIVATE="-o Dir::State::lists=$place/lists -o Dir::Cache=$place/cache"
	for candidate in "$place"/*.sources; do
		host=${candidate##*/}
		host=${host%.sources}
		host=${host#*-}
		if is_down "apt:$1:$host"; then continue; fi
		# shellcheck disable=SC2086
		if ! apt_update "$candidate"; then
			FETCH_DOWN="${FETCH_DOWN}apt:$1:$host "
			not_from "$host $2" "$error"
		elif ! (cd "$stage" && timeout "$DEB_LIMIT" apt-get -q download "$2=$3" $APT_PRIVATE -o Acquire::Retries=0 -o Acquire::http::Timeout="$APT_SILENCE" \
			-o Acquire::https::Timeout="$APT_SILENCE" -o Dir::Etc::sourcelist="$candidate" -o Dir::Etc::sourceparts=-) >"$RUN/apt-download" 2>&1; then
			error=$(sed -n 's/^E: //p' "$RUN/apt-download" | head -n 1)
			not_from "$host $2" "${error:-apt-get download failed}"
		else
			mv -f "$stage"/*.deb "$5"
			if matches "$5" "$4"; then
				printf 'fetched %s %s from %s\n' "$2" "$3" "$host"
				APT_PRIVATE=
				return 0
			fi
			not_from "$host $2" 'the package is not the pinned one'
		fi
		rm -f "$5" "$stage"/*.deb
	done
	APT_PRIVATE=
	return 1
}

# take_members FILE.tar STAGE MEMBER=NAME...: the members become STAGE/NAME, if all are there.
take_members() {
	archive=$1
	into=$2
	shift 2
	for pair; do
		member=$(tar -tf "$archive" | grep -xF -e "${pair%%=*}" -e "./${pair%%=*}" | head -n 1)
		[ -n "$member" ] || return 1
		tar -xOf "$archive" -- "$member" >"$into/${pair#*=}" || return 1
	done
}

# unpack_deb FILE STAGE MEMBER=NAME...
unpack_deb() {
	deb=$1
	shift
	if dpkg-deb --fsys-tarfile "$deb" >"$deb.tar" && take_members "$deb.tar" "$@"; then
		rm -f "$deb" "$deb.tar"
		return 0
	fi
	not_from "${deb##*/}" 'the package does not hold what it should'
	rm -f "$deb" "$deb.tar"
	return 1
}

# registry_token BASE REFERENCE: what an anonymous pull of it needs, as FETCH_HEADER.
registry_token() {
	FETCH_HEADER=
	challenge=$(curl -sI --proto '=http,https' --connect-timeout "$FETCH_CONNECT" --max-time 20 -A 'slipway' "$1/manifests/$2" 2>/dev/null | tr -d '\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p' | head -n 1)
	[ -n "$challenge" ] || return 0
	realm=$(printf '%s' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
	service=$(printf '%s' "$challenge" | sed -n 's/.*service="\([^"]*\)".*/\1/p')
	scope=$(printf '%s' "$challenge" | sed -n 's/.*scope="\([^"]*\)".*/\1/p')
	token=$(curl -fsSL -G --proto '=http,https' --connect-timeout "$FETCH_CONNECT" --max-time 20 -A 'slipway' --data-urlencode "service=$service" --data-urlencode "scope=$scope" "$realm" 2>/dev/null |
		tr -d ' \n\t' | sed -n 's/.*"\(access_token\|token\)":"\([^"]*\)".*/\2/p')
	[ -z "$token" ] || FETCH_HEADER="Authorization: Bearer $token"
}

MANIFEST_TYPES='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

# registry_get BASE KIND DIGEST FILE: a manifest or a blob, which has to have its digest.
registry_get() {
	FETCH_ACCEPT=
	if [ "$2" = manifests ]; then FETCH_ACCEPT=$MANIFEST_TYPES; fi
	rm -f "$4"
	fetch_one "$3" "$4" "$1/$2/$3" || return 1
}

# platform_of FILE ARCH: the digest of the manifest for this machine in an index. Whatever it picks is verified by its digest.
platform_of() {
	tr -d ' \n\t' <"$1" | grep -o -e '"digest":"sha256:[0-9a-f]*"' -e '"architecture":"[a-z0-9]*"' |
		awk -F '"' -v arch="$2" '$2 == "digest" {digest = $4} $2 == "architecture" && $4 == arch {print digest; exit}'
}

layers_of() { tr -d ' \n\t' <"$1" | sed 's/.*"layers":\[//; s/\].*//' | grep -o 'sha256:[0-9a-f]*'; }

# fetch_image BASE PIN ARCH STAGE MEMBER=NAME...: the members out of the layers of an image, the top one first. The token goes nowhere else.
fetch_image() {
	taken=0
	pull_image "$@" || taken=1
	FETCH_HEADER=
	FETCH_ACCEPT=
	return "$taken"
}

pull_image() {
	base=$1
	image_pin=$2
	arch=$3
	into=$4
	shift 4
	if is_down "$(host_of "$base")"; then return 1; fi
	registry_token "$base" "$image_pin"
	if ! registry_get "$base" manifests "$image_pin" "$into/manifest"; then
		not_from "$base" "$error"
		return 1
	fi
	if tr -d ' \n\t' <"$into/manifest" | grep -q '"manifests":\['; then
		digest=$(platform_of "$into/manifest" "$arch")
		if [ -z "$digest" ] || ! registry_get "$base" manifests "$digest" "$into/manifest"; then
			not_from "$base" "${error:-there is no image for $arch}"
			return 1
		fi
	fi
	for layer in $(layers_of "$into/manifest" | tac); do
		if ! registry_get "$base" blobs "$layer" "$into/layer"; then
			not_from "$base" "$error"
			return 1
		fi
		if take_members "$into/layer" "$into" "$@"; then
			printf 'fetched %s@%s\n' "$base" "$image_pin"
			rm -f "$into/layer" "$into/manifest"
			return 0
		fi
	done
	not_from "$base" 'no layer holds what is wanted'
	return 1
}

# says_version FILE VERSION: a package may bring another version of what it packs along.
says_version() {
	chmod 0755 "$1"
	"$1" --version 2>/dev/null | grep -qwF -- "$2" && return
	not_from "${1##*/}" "it is not version $2"
	return 1
}
