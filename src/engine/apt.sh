# apt's own sources: an ordered list for each part of them, tried on the host. Part of every script of an apply (shell-texts.ts).
# /etc/slipway/apt/NAME/PART/N-HOST.sources are the candidates in their order, NAME/target the file that what works is written to.

# How long one source may keep silent, and how long the lists of one source may take altogether.
APT_SILENCE=20
APT_LIMIT=240
APT_HOME=/etc/slipway/apt
APT_CHECKED=

# apt_update FILE: the lists of the sources in FILE only; any error counts. `error` says why not.
# DPkg::Lock::Timeout does not cover the lock of the lists, which unattended-upgrades and apt's timers take.
apt_update() {
	waited=0
	while :; do
		# shellcheck disable=SC2086
		if timeout "$APT_LIMIT" apt-get -q update --error-on=any ${APT_PRIVATE:-} -o Acquire::Retries=0 -o Acquire::http::Timeout="$APT_SILENCE" -o Acquire::https::Timeout="$APT_SILENCE" \
			-o APT::Get::List-Cleanup=0 -o Dir::Etc::sourcelist="$1" -o Dir::Etc::sourceparts=- >"$RUN/apt-update" 2>&1; then return 0; else code=$?; fi
		if [ "$code" -eq 124 ]; then
			error="its lists took longer than $APT_LIMIT s"
			return 1
		fi
		error=$(sed -n 's/^[EW]: //p' "$RUN/apt-update" | grep -v '^Some index files failed' | head -n 1)
		error=${error:-apt-get update ended with $code}
		case $error in 'Could not get lock'* | 'Unable to lock'*) ;; *) return 1 ;; esac
		waited=$((waited + 2))
		if [ "$waited" -ge 120 ]; then return 1; fi
		sleep 2
	done
}

# apt_choose FILE...: the first of the candidates that works is `chosen`, else the first of all with exit 1.
apt_choose() {
	chosen=$1
	for candidate; do
		if apt_update "$candidate"; then
			chosen=$candidate
			return 0
		fi
		name=${candidate##*/}
		name=${name%.sources}
		note "apt-source-failed ${name#*-}: $error"
	done
	return 1
}

# apt_sources NAME: tries the candidates of each part and writes what works. Security fixes stay upstream's even where upstream cannot
# be asked just now: the host installs from its base archive, and asks again next time.
apt_sources() {
	: >"$RUN/apt.sources"
	for part in "$APT_HOME/$1"/*/; do
		if ! apt_choose "$part"*.sources; then
			[ "$(basename "$part")" != base ] || fail "none of the apt sources of this host works"
		fi
		if [ -s "$RUN/apt.sources" ]; then echo >>"$RUN/apt.sources"; fi
		cat "$chosen" >>"$RUN/apt.sources"
	done
	target=$(cat "$APT_HOME/$1/target")
	put "$target" 0644 root:root <"$RUN/apt.sources"
	APT_CHECKED="$APT_CHECKED $1 "
}

# apt_untried NAME: writes the first candidate of each part. The host asks nobody, so nothing is known of any.
apt_untried() {
	: >"$RUN/apt.sources"
	for part in "$APT_HOME/$1"/*/; do
		if [ -s "$RUN/apt.sources" ]; then echo >>"$RUN/apt.sources"; fi
		cat "$part"1-*.sources >>"$RUN/apt.sources"
	done
	put "$(cat "$APT_HOME/$1/target")" 0644 root:root <"$RUN/apt.sources"
}

# apt_candidates NAME TARGET: forgets the old candidates; those of now are written next.
apt_candidates() {
	rm -rf "${APT_HOME:?}/$1"
	printf '%s\n' "$2" | put "$APT_HOME/$1/target" 0644 root:root
}

# apt_restore NAME: what was there before Slipway, when cluster.yml names no sources any more.
apt_restore() {
	target=$(cat "$APT_HOME/$1/target")
	for path in "$target" /etc/apt/sources.list; do
		if [ -e "$STATE/backup$path" ]; then
			cp -a "$STATE/backup$path" "$path.slipway"
			mv -f "$path.slipway" "$path"
		elif [ "$path" = "$target" ]; then
			rm -f "$path"
		fi
	done
	rm -rf "${APT_HOME:?}/$1"
}

# apt_refresh: lists that are up to date. Where the sources are ours, one that has failed since is exchanged for the next,
# and what else stands in sources.list.d cannot stop us; where they are not, they are the host's own affair.
apt_refresh() {
	ours=no
	for home in "$APT_HOME"/*/; do
		[ -f "$home/target" ] || continue
		ours=yes
		name=$(basename "$home")
		case $APT_CHECKED in *" $name "*) continue ;; esac
		if ! apt_update "$(cat "$home/target")"; then
			note "apt-source-failed $(cat "$home/target"): $error"
			apt_sources "$name"
		fi
	done
	[ "$ours" = yes ] || apt timeout update
}
