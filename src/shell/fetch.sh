# Where bytes come from: each source in its order, until one delivers the pinned digest. Part of every script of an apply (texts.ts).
# A refusing, slow or lying source costs its limits once: after a hard failure its host is not asked again in this run.

# The limits: seconds to connect, seconds to the first byte (lazy mirrors fetch first), then at least RATE bytes a second over any WINDOW
# seconds, breaks and pauses included. A source is left after TRIES requests in a row that brought nothing, and its host is not asked again
# after STRIKES failures that are about single files. After TELL seconds of silence it is said who is waited for.
# The operator's machine keeps the same limits (net/limits.ts).
FETCH_CONNECT=5
FETCH_FIRST_BYTE=60
FETCH_WINDOW=10
FETCH_RATE=20480
FETCH_PAUSE=2
FETCH_TRIES=2
FETCH_STRIKES=3
FETCH_TELL=10
FETCH_HEADER=
FETCH_ACCEPT=
FETCH_DOWN=' '
FETCH_STRUCK=' '
failures=
# What ran into trouble, kept for the later scripts of the same run ($SLIPWAY_RUN; without it every script is its own run).
FETCH_MEMORY=down

# host_of URL
host_of() {
	host=${1#*://}
	printf '%s' "${host%%/*}"
}

# recall: what earlier scripts of this run found to be down. What is left of downloads is kept for a week, for the runs that go on with it.
recall() {
	find "$STATE/fetch" -mindepth 1 -maxdepth 1 -type f -mtime +6 -delete 2>/dev/null || true
	[ "$(sed -n 1p "$RUN/$FETCH_MEMORY" 2>/dev/null)" = "run ${SLIPWAY_RUN:-}" ] || printf 'run %s\n' "${SLIPWAY_RUN:-}" >"$RUN/$FETCH_MEMORY"
	[ -n "${SLIPWAY_RUN:-}" ] || return 0
	FETCH_DOWN="$FETCH_DOWN$(sed -n 's/^down //p' "$RUN/$FETCH_MEMORY" | tr '\n' ' ')"
}

# down HOST: it is not asked again in this run.
down() {
	FETCH_DOWN="$FETCH_DOWN$1 "
	printf 'down %s\n' "$1" >>"$RUN/$FETCH_MEMORY"
}

is_down() {
	case $FETCH_DOWN in *" $1 "*) return 0 ;; esac
	return 1
}

# strike HOST: counts a failure that may be about one file only.
strike() {
	FETCH_STRUCK="$FETCH_STRUCK$1 "
	[ "$(printf '%s' "$FETCH_STRUCK" | tr ' ' '\n' | grep -cxF -- "$1")" -ge "$FETCH_STRIKES" ] || return 0
	down "$1"
}

# blame HOST THING REASON: one line of the report (ui/notes.ts).
blame() {
	failures="$failures
$1: $2: $3"
	note "source-failed $1 $2 $3"
}

size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }

# rate_text BYTES SECONDS
rate_text() {
	if [ "$1" -le 0 ]; then printf 'silent for %s s\n' "$2"; else printf 'only %s.%s KB/s\n' $(($1 / $2 / 1000)) $(($1 / $2 % 1000 / 100)); fi
}

fetch_clock() { printf '%s' $(($(uptime_cs) / 100)); }

# thing_of URL: the last part of a file's URL, and of an image its name.
thing_of() {
	case $1 in
	*/manifests/* | */blobs/*) thing=${1%/*/*} ;;
	*) thing=$1 ;;
	esac
	printf '%s' "${thing##*/}"
}

# tell_wait URL: who has been silent for FETCH_TELL seconds, and how long it may be.
tell_wait() { note "source-waits $(host_of "$1") $(thing_of "$1") $FETCH_TELL $FETCH_FIRST_BYTE"; }

# watch_pull PID FILE BEFORE URL: ends a request that says nothing for FETCH_FIRST_BYTE seconds, or is slower than FETCH_RATE over FETCH_WINDOW.
# curl's own --speed-time cannot wait longer for the first byte than for the others. A sleep outlives the watcher, and must not hold its stdout.
watch_pull() {
	waited=0
	last=$3
	while [ "$(size_of "$2")" -le "$3" ]; do
		sleep 1 >/dev/null
		waited=$((waited + 1))
		if [ "$waited" -eq "$FETCH_TELL" ]; then tell_wait "$4"; fi
		if [ "$waited" -ge "$FETCH_FIRST_BYTE" ]; then
			echo "silent for $FETCH_FIRST_BYTE s" >"$2.slow"
			kill "$1"
			return
		fi
	done
	fetch_clock >"$2.began"
	while sleep "$FETCH_WINDOW" >/dev/null; do
		now=$(size_of "$2")
		if [ $((now - last)) -lt $((FETCH_RATE * FETCH_WINDOW)) ]; then
			rate_text $((now - last)) "$FETCH_WINDOW" >"$2.slow"
			kill "$1"
			return
		fi
		last=$now
	done
}

# pull URL FILE: one request, resumed where FILE ends. Sets `code` (curl's, 28 for too slow), `status` (HTTP), `error` (one line), and `began`,
# when its first byte came. Without -N curl holds small answers back, and they would look like silence.
pull() {
	rm -f "$2.slow" "$2.began"
	before=$(size_of "$2")
	curl -q -fsSLN --proto '=http,https' --connect-timeout "$FETCH_CONNECT" --max-redirs 5 -C - -A 'slipway' \
		${FETCH_HEADER:+-H "$FETCH_HEADER"} ${FETCH_ACCEPT:+-H "Accept: $FETCH_ACCEPT"} -w '%{http_code}' -o "$2" "$1" >"$2.status" 2>"$2.error" </dev/null 3<&- &
	puller=$!
	watch_pull "$puller" "$2" "$before" "$1" </dev/null 2>/dev/null 3<&- 9>&- &
	watcher=$!
	code=0
	wait "$puller" || code=$?
	kill "$watcher" 2>/dev/null || true
	wait "$watcher" 2>/dev/null || true
	began=$(cat "$2.began" 2>/dev/null || fetch_clock)
	status=$(tail -c 3 "$2.status" 2>/dev/null || true)
	error=$(curl_reason "$2.error")
	if [ "$code" -ne 0 ] && [ -s "$2.slow" ]; then
		code=28
		error=$(cat "$2.slow")
	fi
	rm -f "$2.slow" "$2.began" "$2.status" "$2.error"
}

# curl_reason FILE: what curl says, in few words.
curl_reason() {
	case $code in
	6) echo 'its name does not resolve' ;;
	7) echo 'no connection' ;;
	18 | 52 | 56 | 92) echo 'it broke off' ;;
	22) echo "HTTP $status" ;;
	28) echo "no connection within $FETCH_CONNECT s" ;;
	47) echo 'it redirects in circles' ;;
	60) if grep -q 'expired' "$1"; then echo 'expired certificate'; else echo 'untrusted certificate'; fi ;;
	*) sed -n 's/^curl: ([0-9]*) //p' "$1" | head -n 1 ;;
	esac
}

# Asking again may help: the server is busy or restarting (478 is DaoCloud's), the transfer broke (18, 52, 56, 92), or the line to a source
# that has brought something is gone (6, 7, 28, 35, 55).
may_mend() {
	case $code in
	18 | 52 | 56 | 92) return 0 ;;
	6 | 7 | 28 | 35 | 55) [ -n "$brought" ] && return 0 ;;
	22) case $status in 408 | 429 | 478 | 5??) return 0 ;; esac ;;
	esac
	return 1
}

# The rest of this run needs no answer from a host that cannot be reached, is too slow, turns in circles or has no valid certificate.
is_hard() {
	case $code in
	22) case $status in 429 | 5??) return 0 ;; esac ;;
	18) return 1 ;;
	33 | 36) return 1 ;;
	*) return 0 ;;
	esac
	return 1
}

# cannot_write FILE: the end of the run, because no other source can mend it. The beginning of a file is not worth a full disk.
cannot_write() {
	free=$(df -Pk "${1%/*}" | awk 'NR == 2 {print $4}')
	rm -f "$1"
	fail "this host cannot write what it fetches to ${1%/*}, where $((free / 1024)) MiB are free: make room there, or mend that disk if there is room enough, and run again"
}

# keeps_rate SIZE: whether this source has kept FETCH_RATE since the last look. Without it one that breaks or stalls after every byte would
# be asked for ever.
keeps_rate() {
	moment=$(fetch_clock)
	since=$((moment - mark))
	if [ "$since" -lt "$FETCH_WINDOW" ]; then return 0; fi
	if [ $(($1 - marked)) -lt $((FETCH_RATE * since)) ]; then
		code=28
		error=$(rate_text $(($1 - marked)) "$since")
		return 1
	fi
	mark=$moment
	marked=$1
}

# goes_on FILE: whether a source is asked again after a request that failed. `had` is how much there was before it. Only a request that
# brought nothing counts towards FETCH_TRIES.
goes_on() {
	size=$(size_of "$1")
	if [ "$size" -gt "$had" ]; then
		brought=1
		fruitless=0
		mark=${mark:-$began}
		keeps_rate "$size" || return 1
		# A line that carries little between two breaks is not worked harder for it.
		if [ $((size - had)) -lt $((FETCH_RATE * FETCH_WINDOW)) ]; then sleep "$FETCH_PAUSE"; fi
		return 0
	fi
	may_mend || return 1
	fruitless=$((fruitless + 1))
	if [ "$fruitless" -ge "$FETCH_TRIES" ]; then return 1; fi
	sleep "$FETCH_PAUSE"
}

# pull_whole URL FILE: pull, asked again where that may help; a transfer that breaks goes on as long as it brings something. `came` has the
# bytes: FILE, or FILE.anew from a server that cannot resume, because the beginning in FILE may be worth more than that server's answer.
pull_whole() {
	came=$2
	brought=
	fruitless=0
	mark=
	marked=$(size_of "$2")
	while :; do
		had=$(size_of "$2")
		if [ "$came" != "$2" ]; then rm -f "$came"; elif [ "$had" -gt 0 ]; then joined=1; fi
		pull "$1" "$came"
		if [ "$code" -eq 0 ]; then return 0; fi
		# 23: what came could not be written.
		if [ "$code" -eq 23 ]; then cannot_write "$came"; fi
		# 416: the server has nothing beyond what is here.
		if [ "$had" -gt 0 ] && [ "$status" = 416 ]; then
			rm -f "$2"
			continue
		fi
		# 33: the server cannot resume.
		if [ "$code" -eq 33 ] && [ "$came" = "$2" ]; then
			came=$2.anew
			joined=
			continue
		fi
		if [ "$came" != "$2" ] && [ "$(size_of "$came")" -gt "$had" ]; then mv -f "$came" "$2"; fi
		if ! goes_on "$2"; then
			rm -f "$2.anew"
			return 1
		fi
	done
}

# matches FILE PIN
matches() { [ -f "$1" ] && [ "sha256:$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]; }

looks_like_html() { head -c 512 "$1" | tr -d '\0' | grep -qi -e '<html' -e '<!doctype html'; }

# fetch_one PIN FILE URL: FILE has the pinned bytes, or `error` says why not. A FILE that is only begun is kept for whoever goes on with it.
fetch_one() {
	host=$(host_of "$3")
	if is_down "$host"; then
		error='not asked again in this run'
		return 1
	fi
	anew=
	while :; do
		joined=
		if ! pull_whole "$3" "$2"; then
			error=${error:-curl exit $code}
			if is_hard; then down "$host"; else strike "$host"; fi
			break
		fi
		if matches "$came" "$1"; then
			if [ "$came" != "$2" ]; then mv -f "$came" "$2"; fi
			return 0
		fi
		error='wrong digest'
		if looks_like_html "$came"; then error='an HTML page'; fi
		rm -f "$came"
		# Put together of several answers it says nothing of this source: another one's half may be in it, or an earlier run's.
		if [ -z "$joined" ] || [ -n "$anew" ]; then
			strike "$host"
			break
		fi
		anew=1
	done
	if is_down "$host"; then error="$error (given up)"; fi
	return 1
}

# part_of PIN: `part` is where its bytes are put together. It outlives the run, because a line that breaks needs more than one.
part_of() {
	install -d -m 0700 "$STATE/fetch"
	part=$STATE/fetch/${1#sha256:}
}

# new_stage: `stage` is an empty folder to put things together in. Whole blobs of an image that was cut off are parts again.
new_stage() {
	stage=$STATE/fetch/stage
	keep_blobs "$stage"
	rm -rf "$stage"
	install -d -m 0700 "$stage"
}

# keep_blobs DIR: what is whole in an image layout is kept for the next try.
keep_blobs() {
	[ ! -d "$1/blobs/sha256" ] || find "$1/blobs/sha256" -type f -exec mv -f -t "$STATE/fetch" {} +
}

# fetch_any PIN DESTINATION URL...: the first place that delivers the pinned bytes; who served them does not matter.
# Returns 1 where none does; `failures` says of each why.
fetch_any() {
	pin=$1
	destination=$2
	shift 2
	part_of "$pin"
	if matches "$part" "$pin"; then
		mv -f "$part" "$destination"
		return 0
	fi
	for url; do
		started=$(fetch_clock)
		if fetch_one "$pin" "$part" "$url"; then
			mv -f "$part" "$destination"
			printf 'fetched %s: %s bytes in %s s\n' "$url" "$(stat -c %s "$destination")" "$(($(fetch_clock) - started))"
			return 0
		fi
		case $error in
		'not asked again'*)
			failures="$failures
$host: ${url##*/}: $error"
			printf 'skipped %s: %s\n' "$url" "$error"
			;;
		*) blame "$host" "${url##*/}" "$error" ;;
		esac
	done
	rm -f "$destination"
	return 1
}

# fetch PIN DESTINATION URL...: where there is no other source, the end of the run.
fetch() {
	failures=
	fetch_any "$@" && return
	rmdir "${destination%/*}" 2>/dev/null || true
	fail "no source delivered ${url##*/} with digest $pin:$failures"
}
