# apt's own sources: an ordered list for each part of them, tried on the host. Part of every script of an apply (texts.ts).
# /etc/slipway/apt/NAME/PART/N-HOST.sources are the candidates in their order, NAME/target the file that what works is written to.

# How long one source may keep silent, and how long the lists of one source, and the packages of one install, may take altogether.
APT_SILENCE=20
APT_LIMIT=240
APT_PACKAGES_LIMIT=900
APT_HOME=/etc/slipway/apt
APT_CHECKED=

bytes_in() { du -sb "$1" 2>/dev/null | cut -f 1 || echo 0; }

# transfers PID: whether one of apt's children fetches; while apt verifies and unpacks lists, nothing may be expected of a mirror.
transfers() {
	children=$(cat "/proc/$1/task"/*/children 2>/dev/null)
	for child in $children; do
		case $(tr '\0' ' ' <"/proc/$child/cmdline" 2>/dev/null) in */methods/http*) return 0 ;; esac
	done
	return 1
}

# watch_apt PID DIRECTORY SECONDS: ends an apt-get that takes too long, or whose transfers bring less than FETCH_RATE over FETCH_WINDOW.
# apt itself knows only silence.
watch_apt() {
	spent=0
	first=$(bytes_in "$2")
	last=$first
	while sleep "$FETCH_WINDOW"; do
		spent=$((spent + FETCH_WINDOW))
		now=$(bytes_in "$2")
		slow=
		if [ "$spent" -ge "$3" ]; then
			slow="not done after $3 s"
		elif [ "$last" -ne "$first" ] && [ $((now - last)) -lt $((FETCH_RATE * FETCH_WINDOW)) ] && transfers "$1"; then
			slow=$(rate_text $((now - last)) "$FETCH_WINDOW")
		fi
		if [ -n "$slow" ]; then
			echo "$slow" >"$RUN/apt-slow"
			kill "$1"
			return
		fi
		last=$now
	done
}

# apt_paced DIRECTORY SECONDS ARGUMENT...: an apt-get that fetches into DIRECTORY. A transfer that breaks or stalls goes on where it stopped, as
# long as each try brings something. Then apt itself is to try again: between two runs it begins the same list in another packing, and throws
# away what it has.
apt_paced() {
	local brought
	brought=$(bytes_in "$1")
	apt_once "$@" && return
	while breaks_on "$1" "$brought"; do
		brought=$(bytes_in "$1")
		apt_once "$@" -o Acquire::Retries=100 -o Acquire::Retries::Delay=false && return
	done
	return "$code"
}

# breaks_on DIRECTORY BYTES: whether the last apt-get broke off after it had brought something; folders and locks it makes are no transfer.
breaks_on() {
	[ $(($(bytes_in "$1") - $2)) -gt "$FETCH_RATE" ] || return 1
	case $(apt_reason) in 'it broke off' | 'silent for'*) return 0 ;; esac
	return 1
}

# apt_once DIRECTORY SECONDS ARGUMENT...: one apt-get. What it says is kept for apt_reason.
apt_once() {
	into=$1
	limit=$2
	shift 2
	rm -f "$RUN/apt-slow"
	apt-get -q -o Acquire::http::Timeout="$APT_SILENCE" -o Acquire::https::Timeout="$APT_SILENCE" "$@" >"$RUN/apt-said" 2>&1 3<&- </dev/null &
	fetcher=$!
	watch_apt "$fetcher" "$into" "$limit" </dev/null >/dev/null 2>&1 3<&- 9>&- &
	watcher=$!
	code=0
	wait "$fetcher" || code=$?
	kill "$watcher" 2>/dev/null || true
	wait "$watcher" 2>/dev/null || true
	if [ -s "$RUN/apt-slow" ]; then code=28; fi
	return "$code"
}

said() { grep -q "$@" "$RUN/apt-said"; }

# apt_reason: why the last apt_paced failed, in few words. What is left out of its own are addresses and advice.
apt_reason() {
	status=$(sed -n 's/.*  \([45][0-9][0-9]\)  [A-Z].*/\1/p' "$RUN/apt-said" | head -n 1)
	if [ -s "$RUN/apt-slow" ]; then
		cat "$RUN/apt-slow"
	elif said -i "couldn't create tempor"; then
		# Before what follows from it: without a temporary file apt calls every signature bad.
		echo "apt cannot write to /tmp on this host (ls -ld /tmp must say drwxrwxrwt)"
	elif [ -n "$status" ]; then
		echo "HTTP $status"
	elif said -i 'certificate.*expired'; then
		echo 'expired certificate'
	elif said -i 'certificate verification failed'; then
		echo 'untrusted certificate'
	elif said -i 'redirection loop'; then
		echo 'it redirects in circles'
	elif said -e NOSPLIT -e 'does the network require authentication'; then
		echo 'an HTML page'
	elif said -e BADSIG -e NO_PUBKEY -e KEYSIG -e 'invalid signature' -e 'sqv returned an error' -e 'is not signed' -e "isn't valid"; then
		echo 'bad signature'
	elif said -i -e 'hash sum mismatch' -e 'unexpected size'; then
		echo 'wrong digest'
	elif said -i 'could not resolve\|failure resolving'; then
		echo 'its name does not resolve'
	elif said -i 'timed out'; then
		echo "silent for $APT_SILENCE s"
	elif said -i -e 'error reading from server' -e 'connection closed' -e 'undetermined error' -e 'connection reset'; then
		echo 'it broke off'
	elif said -i -e 'could not connect' -e 'connection refused' -e 'unable to connect'; then
		echo 'no connection'
	elif said -i 'connection failed'; then
		# What apt's https says of a server that took the connection and kept silent.
		echo 'no answer'
	else
		sed -n 's/^[EW]: //p' "$RUN/apt-said" | grep -v '^Some index files failed' | head -n 1
	fi
}

# apt_update FILE: the lists of the sources in FILE only; any error counts. `error` says why not.
apt_update() {
	# shellcheck disable=SC2086 # options are words
	eval "$(apt-config ${APT_PRIVATE:-} shell lists_dir Dir::State::lists/d 2>/dev/null)"
	retry 120 5 apt_lists "$1" || true
	[ -z "$error" ]
}

# apt_lists FILE: one try; 1 where another process holds the lock of the lists, which unattended-upgrades and apt's timers take, and which
# DPkg::Lock::Timeout does not cover.
apt_lists() {
	error=
	# shellcheck disable=SC2086,SC2154 # options are words
	apt_paced "$lists_dir" "$APT_LIMIT" update --error-on=any ${APT_PRIVATE:-} -o Acquire::Retries=0 \
		-o APT::Get::List-Cleanup=0 -o Dir::Etc::sourcelist="$1" -o Dir::Etc::sourceparts=- && return
	error=$(apt_reason)
	error=${error:-apt-get update ended with $code}
	case $error in 'Could not get lock'* | 'Unable to lock'*) return 1 ;; esac
}

# host_in FILE: the host of a candidate, out of N-HOST.sources.
host_in() {
	name=${1##*/}
	name=${name%.sources}
	printf '%s' "${name#*-}"
}

# apt_choose PART FILE...: the first of the candidates that works is `chosen`, else the first of all with exit 1.
# One that failed before in this run costs no second look.
apt_choose() {
	part=$1
	shift
	chosen=$1
	for candidate; do
		host=$(host_in "$candidate")
		if is_down "apt:$part:$host"; then continue; fi
		if apt_update "$candidate"; then
			chosen=$candidate
			return 0
		fi
		down "apt:$part:$host"
		blame "$host" "apt:$part" "$error (given up)"
	done
	return 1
}

# apt_sources NAME: tries the candidates of each part and writes what works. Security fixes stay upstream's even where upstream cannot
# be asked just now: the host installs from its base archive, and asks again next time. What only people install from may wait as well.
apt_sources() {
	: >"$RUN/apt.sources"
	for place in "$APT_HOME/$1"/*/; do
		if ! apt_choose "$(basename "$place")" "$place"*.sources; then
			[ "$part" != base ] || fail "none of the apt sources of this host works:$failures"
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

# apt_restore NAME PATH...: what was at these places before Slipway, when cluster.yml names no sources any more.
apt_restore() {
	home=${APT_HOME:?}/$1
	shift
	for path; do
		if [ -e "$STATE/backup$path" ]; then
			cp -a "$STATE/backup$path" "$path.slipway"
			mv -f "$path.slipway" "$path"
		elif grep -qxF -- "file $path" "$STATE/inventory" 2>/dev/null; then
			rm -f "$path"
		fi
	done
	rm -rf "$home"
}

# apt_refresh: lists that are up to date. Where the sources are ours, one that has failed since is exchanged for the next,
# and what else stands in sources.list.d cannot stop us; where they are not, they are the host's own affair.
apt_refresh() {
	ours=no
	for home in "$APT_HOME"/*/; do
		[ -d "$home/base" ] || continue
		ours=yes
		name=$(basename "$home")
		case $APT_CHECKED in *" $name "*) continue ;; esac
		target=$(cat "$home/target")
		# Which part of the file failed is not asked here: apt_sources tries each part for itself, and lets security fixes wait.
		apt_update "$target" || apt_sources "$name"
	done
	# One dead source of somebody else's is no reason to stop: whether the packages can be had shows when they are fetched.
	[ "$ours" = yes ] || apt timeout update || note apt-incomplete
}

# dpkg_holder: who holds dpkg, as "NAME PID"; nothing where nobody does. That the file is open there tells it from an inode of another disk.
dpkg_holder() {
	for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
		inode=$(stat -c %i "$lock" 2>/dev/null) || continue
		holder=$(awk -v inode="$inode" '$2 == "POSIX" {n = split($6, at, ":"); if (at[n] == inode) {print $5; exit}}' /proc/locks)
		[ -n "$holder" ] || continue
		find "/proc/$holder/fd" -lname "$lock" 2>/dev/null | grep -q . || continue
		printf '%s %s\n' "$(cat "/proc/$holder/comm")" "$holder"
		return
	done
}

dpkg_free() {
	holder=$(dpkg_holder)
	[ -n "$holder" ] || return 0
	[ -n "$told" ] || note "dpkg-held $holder"
	told=yes
	return 1
}

# await_dpkg: unattended upgrades may hold dpkg for minutes. After ten of them apt's own limit decides, and its words are said.
await_dpkg() {
	told=
	retry 600 5 dpkg_free || true
}

# host_now FILE: where the base archive comes from at the moment.
host_now() { sed -n 's/^URIs: *[a-z]*:\/\/\([^/]*\).*/\1/p' "$1" | head -n 1; }

# apt_exchange: the source that just failed to deliver packages gives way to the next. Returns 1 where the sources are not ours, or none is left.
apt_exchange() {
	for home in "$APT_HOME"/*/; do
		[ -d "$home/base" ] || continue
		# Of one that is too slow apt says nothing: then it is the one that was asked last.
		host=$(sed -n 's/^E: Failed to fetch [a-z]*:\/\/\([^/ ]*\).*/\1/p; s/^Get:[0-9]* [a-z]*:\/\/\([^/ ]*\).*/\1/p' "$RUN/apt-said" | tail -n 1)
		case $(echo "$home"base/*-"$host".sources) in *'*'*) host=$(host_now "$(cat "$home/target")") ;; esac
		is_down "apt:base:$host" && return 1
		down "apt:base:$host"
		blame "$host" apt:packages "$error (given up)"
		apt_sources "$(basename "$home")"
		return 0
	done
	return 1
}

# apt_fetch NAME...: packages and what they need, into apt's cache. What comes along with them is remembered before it is there.
apt_fetch() {
	failures=
	eval "$(apt-config shell archives_dir Dir::Cache::archives/d 2>/dev/null)"
	while :; do
		apt-get -s -o APT::Install-Recommends=false install "$@" >"$RUN/simulated"
		awk '$1 == "Inst" && $3 !~ /^\[/ {print $2}' "$RUN/simulated" | while read -r name; do remember package "$name"; done
		# shellcheck disable=SC2154
		apt_paced "$archives_dir" "$APT_PACKAGES_LIMIT" -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 -o APT::Install-Recommends=false \
			install --download-only "$@" && return
		error=$(apt_reason)
		apt_exchange || break
	done
	cat "$RUN/apt-said" >&2
	fail "the packages could not be fetched:$failures"
}
