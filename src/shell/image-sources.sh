# The same files out of other packagings: signed packages and official images. Part of every script of an apply (texts.ts).
# Every function returns 1 and adds to `failures` where it has nothing to give; what it took is verified like any other file.

APT_PRIVATE=
DEB_LIMIT=600

# private_apt REPOSITORY FILE: stdin becomes a file of sources of our own, which no other apt run sees.
private_apt() {
	install -d -m 0755 "$STATE/apt" "$STATE/apt/$1" "$STATE/apt/$1/lists" "$STATE/apt/$1/lists/partial" "$STATE/apt/$1/cache/archives/partial"
	cat >"$STATE/apt/$1/$2"
	chmod 0644 "$STATE/apt/$1/$2"
}

# private_candidates REPOSITORY: forgets the candidates of earlier runs; those of now are written next.
private_candidates() { rm -f "$STATE/apt/$1"/*.sources; }

# fetch_deb REPOSITORY PACKAGE VERSION PIN DESTINATION
fetch_deb() {
	place=$STATE/apt/$1
	APT_PRIVATE="-o Dir::State::lists=$place/lists -o Dir::Cache=$place/cache"
	for candidate in "$place"/*.sources; do
		host=${candidate##*/}
		host=${host%.sources}
		host=${host#*-}
		if is_down "apt:$1:$host"; then continue; fi
		# shellcheck disable=SC2086 # options are words
		if ! apt_update "$candidate"; then
			down "apt:$1:$host"
			blame "$host" "$2" "$error (given up)"
		elif ! (cd "$stage" && apt_paced "$stage" "$DEB_LIMIT" download "$2=$3" $APT_PRIVATE -o Acquire::Retries=0 \
			-o Dir::Etc::sourcelist="$candidate" -o Dir::Etc::sourceparts=-); then
			error=$(apt_reason)
			blame "$host" "$2" "$error"
			case $error in HTTP\ 404 | 'wrong digest') ;; *) down "apt:$1:$host" ;; esac
		else
			mv -f "$stage"/*.deb "$5"
			if matches "$5" "$4"; then
				printf 'fetched %s %s from %s\n' "$2" "$3" "$host"
				APT_PRIVATE=
				return 0
			fi
			blame "$host" "$2" 'wrong digest'
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
	blame "${deb##*/}" package 'it does not hold what it should'
	rm -f "$deb" "$deb.tar"
	return 1
}

# A registry that is not told says 404 to an image it has.
MANIFEST_TYPES='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

# Registries that let everybody in: they are asked once.
OPEN_REGISTRIES=' '

# ask_manifest URL [CURL-OPTION]: `code`, `status`, and the headers in $RUN/challenge.
ask_manifest() {
	code=0
	(sleep "$FETCH_TELL" >/dev/null && tell_wait "$1") 2>/dev/null 3<&- 9>&- &
	teller=$!
	status=$(curl -q -sS ${2:+"$2"} --proto '=http,https' --connect-timeout "$FETCH_CONNECT" --max-time "$FETCH_FIRST_BYTE" -A 'slipway' -H "Accept: $MANIFEST_TYPES" \
		${FETCH_HEADER:+-H "$FETCH_HEADER"} -D "$RUN/challenge" -w '%{http_code}' -o /dev/null "$1" 2>"$RUN/challenge.error") || code=$?
	kill "$teller" 2>/dev/null || true
	wait "$teller" 2>/dev/null || true
}

# head_manifest URL: HEAD first, because Docker Hub counts each GET as a pull. Registries without HEAD say so by one of these.
head_manifest() {
	ask_manifest "$1" -I
	case $status in 400 | 403 | 405 | 501) ask_manifest "$1" ;; esac
}

# registry_token BASE REFERENCE: what an anonymous pull of it needs, as FETCH_HEADER. Where the registry does not answer, `error` says why.
registry_token() {
	FETCH_HEADER=
	host=$(host_of "$1")
	case $OPEN_REGISTRIES in *" $host "*) return 0 ;; esac
	head_manifest "$1/manifests/$2"
	if [ "$code" -ne 0 ]; then
		error=$(curl_reason "$RUN/challenge.error")
		if [ "$code" -eq 28 ]; then error="silent for $FETCH_FIRST_BYTE s"; fi
		down "$host"
		error="$error (given up)"
		return 1
	fi
	challenge=$(tr -d '\r' <"$RUN/challenge" | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p' | head -n 1)
	if [ -z "$challenge" ]; then
		if [ "$status" = 200 ]; then OPEN_REGISTRIES="$OPEN_REGISTRIES$host "; fi
		return 0
	fi
	realm=$(printf '%s' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
	service=$(printf '%s' "$challenge" | sed -n 's/.*service="\([^"]*\)".*/\1/p')
	scope=$(printf '%s' "$challenge" | sed -n 's/.*scope="\([^"]*\)".*/\1/p')
	token=$(curl -q -fsSL -G --proto '=http,https' --connect-timeout "$FETCH_CONNECT" --max-time 20 -A 'slipway' --data-urlencode "service=$service" --data-urlencode "scope=$scope" "$realm" 2>/dev/null |
		tr -d ' \n\t' | sed -n 's/.*"\(access_token\|token\)":"\([^"]*\)".*/\2/p')
	[ -z "$token" ] || FETCH_HEADER="Authorization: Bearer $token"
}

# registry_get BASE KIND DIGEST FILE: a manifest or a blob, which has to have its digest. Like a file it goes on where an earlier try stopped.
registry_get() {
	FETCH_ACCEPT=
	if [ "$2" = manifests ]; then FETCH_ACCEPT=$MANIFEST_TYPES; fi
	part_of "$3"
	matches "$part" "$3" || fetch_one "$3" "$part" "$1/$2/$3" || return 1
	mv -f "$part" "$4"
}

is_index() { tr -d ' \n\t' <"$1" | grep -q '"manifests":\['; }

# platform_of FILE ARCH: the digest of the manifest for Linux on this machine in an index. Whatever it picks is verified by its digest.
platform_of() {
	tr -d ' \n\t' <"$1" | grep -o -e '"digest":"sha256:[0-9a-f]*"' -e '"architecture":"[a-z0-9]*"' -e '"os":"[a-z]*"' |
		awk -F '"' -v arch="$2" '$2 == "digest" {digest = $4; cpu = os = ""} $2 == "architecture" {cpu = $4} $2 == "os" {os = $4}
			cpu == arch && os == "linux" {print digest; exit}'
}

# Other digests may stand in annotations, under other keys.
layers_of() { tr -d ' \n\t' <"$1" | sed 's/.*"layers":\[//; s/\].*//' | grep -o '"digest":"sha256:[0-9a-f]*"' | cut -d '"' -f 4; }

# fetch_image BASE PIN ARCH STAGE MEMBER=NAME...: the members out of the layers of an image, the top one first. The token goes nowhere else.
fetch_image() {
	taken=0
	from=$(host_of "$1")
	error='not asked again in this run'
	if is_down "$from"; then
		failures="$failures
$from: ${1##*/}: $error"
		return 1
	fi
	if ! registry_token "$1" "$2" || ! pull_image "$@"; then
		blame "$from" "${1##*/}" "$error"
		taken=1
	fi
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
	registry_get "$base" manifests "$image_pin" "$into/manifest" || return 1
	if is_index "$into/manifest"; then
		digest=$(platform_of "$into/manifest" "$arch")
		if [ -z "$digest" ]; then
			error="no image for $arch"
			return 1
		fi
		registry_get "$base" manifests "$digest" "$into/manifest" || return 1
	fi
	for layer in $(layers_of "$into/manifest" | tac); do
		registry_get "$base" blobs "$layer" "$into/layer" || return 1
		if take_members "$into/layer" "$into" "$@"; then
			printf 'fetched %s@%s\n' "$base" "$image_pin"
			rm -f "$into/layer" "$into/manifest"
			return 0
		fi
	done
	error='no layer holds what is wanted'
	return 1
}

# says_version FILE VERSION: a package may bring another version of what it packs along.
says_version() {
	chmod 0755 "$1"
	"$1" --version 2>/dev/null | grep -qwF -- "$2" && return
	blame containerd.io "${1##*/}" "it is not version $2"
	return 1
}
