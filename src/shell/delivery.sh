# What the operator's machine streams to a host that asks nobody. Part of every script of an apply (texts.ts).
# It lies in STATE/fetch under its digest, or in STATE/delivery as a small apt repository, until a script of an apply takes it.

DELIVERY=$STATE/delivery

fetch_place() {
	install -d -m 0700 "$RUN"
	install -d -m 0755 "$STATE"
	install -d -m 0700 "$STATE/fetch"
	# Halves of a run that was cut off.
	find "$STATE/fetch" -name '*.part' -mmin +60 -delete
}

# Packages only: what installs them takes it away again. apt reads its sources as a user of its own, so that these directories are for everybody.
delivery_place() {
	fetch_place
	install -d -m 0755 "$DELIVERY" "$DELIVERY/repository" "$DELIVERY/lists" "$DELIVERY/lists/partial" "$DELIVERY/cache/archives/partial"
}

# in_delivery: the arguments that make apt see nothing but what was streamed.
in_delivery() {
	printf 'deb [trusted=yes] file:%s/repository ./\n' "$DELIVERY" >"$DELIVERY/sources.list"
	APT_DELIVERED="-o Dir::Etc::sourcelist=$DELIVERY/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$DELIVERY/lists -o Dir::Cache=$DELIVERY/cache -o Acquire::Languages=none"
	# shellcheck disable=SC2086
	timeout 120 apt-get -q update $APT_DELIVERED >"$RUN/apt-update" 2>&1 || fail "apt cannot read what was streamed: $(tail -n 3 "$RUN/apt-update")"
}

# delivered_has NAME...: which of these lie here already, from a run that was cut off.
delivered_has() {
	for name; do
		[ ! -f "$STATE/fetch/$name" ] || printf 'have %s\n' "$name"
	done
}

# delivered_lacks NAME...: stdin is the index of a repository; prints which of its packages this host lacks for these.
delivered_lacks() {
	delivery_place
	cat >"$DELIVERY/repository/Packages"
	in_delivery
	# shellcheck disable=SC2086
	apt-get -s $APT_DELIVERED -o APT::Install-Recommends=false install "$@" >"$RUN/simulated" 2>&1 ||
		fail "apt finds no way to install $*: $(sed -n 's/^E: //p' "$RUN/simulated" | head -n 3)"
	# "Inst NAME [OLD] (NEW ARCHIVE [ARCH])"
	sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/lack \1 \3/p' "$RUN/simulated"
}

# resolve_packages ARCHITECTURE NAME...: stdin is a tar of a distribution's signed lists; prints where these packages and all they depend on
# are in it, and what it says of each. As on a host where nothing is installed: others of this system may have less than this one.
resolve_packages() {
	delivery_place
	place=$DELIVERY/resolve
	rm -rf "$place"
	install -d -m 0755 "$place" "$place/lists" "$place/lists/partial" "$place/cache/archives/partial"
	tar -xf - --no-same-owner -C "$place" || fail 'the lists did not arrive whole'
	chmod -R a+rX "$place"
	: >"$place/status"
	resolving="-o Dir::State=$place -o Dir::State::status=$place/status -o Dir::State::lists=$place/lists -o Dir::Cache=$place/cache -o Dir::Etc::sourcelist=$place/apt.sources -o Dir::Etc::sourceparts=-"
	resolving="$resolving -o APT::Architecture=$1 -o APT::Architectures=$1 -o Acquire::Languages=none -o APT::Install-Recommends=false"
	shift
	# shellcheck disable=SC2086
	timeout 300 apt-get -q update --error-on=any $resolving >"$RUN/apt-update" 2>&1 || fail "$(sed -n 's/^[EW]: //p' "$RUN/apt-update" | head -n 1)"
	# shellcheck disable=SC2086
	apt-get -qq -y --print-uris $resolving install "$@" 2>"$RUN/simulated" | cut -d ' ' -f 1 | sed 's/^/uri /'
	# shellcheck disable=SC2086
	apt-get -s $resolving install "$@" >"$RUN/simulated" 2>&1 || fail "$(sed -n 's/^E: //p' "$RUN/simulated" | head -n 1)"
	# shellcheck disable=SC2046,SC2086
	apt-cache $resolving show $(sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' "$RUN/simulated")
	rm -rf "$place"
}

# receive NAME DIGEST: stdin becomes the file NAME, if it has this digest.
receive() {
	fetch_place
	part=$STATE/fetch/$1.$$.part
	cat >"$part"
	if ! matches "$part" "$2"; then
		rm -f "$part"
		fail "$1 did not arrive whole"
	fi
	sync "$part"
	mv -fT "$part" "$STATE/fetch/$1"
}

# receive_packages: stdin is a tar of packages, each named by its digest.
receive_packages() {
	delivery_place
	rm -f "$DELIVERY/repository"/*.deb
	tar -xf - --no-same-owner -C "$DELIVERY/repository" || fail 'the packages did not arrive whole'
	for deb in "$DELIVERY/repository"/*.deb; do
		name=${deb##*/}
		matches "$deb" "sha256:${name%.deb}" || fail "$name did not arrive whole"
	done
}

# take_delivered PIN DESTINATION
take_delivered() {
	[ -f "$STATE/fetch/${1#sha256:}" ] || return 1
	if matches "$STATE/fetch/${1#sha256:}" "$1"; then
		mv -f "$STATE/fetch/${1#sha256:}" "$2"
		return 0
	fi
	rm -f "$STATE/fetch/${1#sha256:}"
	return 1
}

# take_layers PIN STAGE MEMBER=NAME...: the members out of the first of the image's layers that holds them.
take_layers() {
	layers=$STATE/fetch/${1#sha256:}
	shift
	number=1
	while [ -f "$layers.$number" ]; do
		if take_members "$layers.$number" "$@"; then
			rm -f "$layers".[0-9]*
			return 0
		fi
		number=$((number + 1))
	done
	rm -f "$layers".[0-9]*
	return 1
}

not_delivered() { fail "$1 was not streamed to this host whole; run again"; }

# delivered_packages NAME...: as packages() in prelude.sh, out of what was streamed.
delivered_packages() {
	[ -f "$DELIVERY/repository/Packages" ] || not_delivered 'the list of packages'
	in_delivery
	deny_starts
	finish_packages
	# shellcheck disable=SC2086
	apt-get -s $APT_DELIVERED -o APT::Install-Recommends=false install "$@" >"$RUN/simulated"
	awk '$1 == "Inst" && $3 !~ /^\[/ {print $2}' "$RUN/simulated" | while read -r name; do remember package "$name"; done
	apt-mark showauto "$@" | while read -r name; do remember auto "$name"; done
	# shellcheck disable=SC2086
	apt undisturbed $APT_DELIVERED install "$@"
	allow_starts
	rm -rf "$DELIVERY"
}

# import_image NAME FILE: an image that no registry could bring back must not be collected as garbage.
import_image() {
	[ -f "$STATE/fetch/$2" ] || not_delivered "$1"
	timeout 300 ctr -n k8s.io images import "$STATE/fetch/$2"
	timeout 30 ctr -n k8s.io images label "$1" io.cri-containerd.pinned=pinned
	rm -f "$STATE/fetch/$2"
}
