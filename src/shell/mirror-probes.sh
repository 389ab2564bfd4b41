# Asks mirrors whether they have what is wanted, and how fast: one line each. commands/mirrors/probes.ts calls `ask`, with the functions of src/shell.
# A host that has no curl yet asks with apt's own helper, and only for small files.

# One small request each, in bytes: enough to see the speed, too little to be counted as a download.
SAMPLE=524288
dead=' '

# token_for URL: an anonymous token, where the registry wants one (distribution spec, token authentication).
token_for() {
	challenge=$(curl -q -sI --proto '=http,https' --connect-timeout 5 --max-time 20 -A slipway -H "Accept: $MANIFEST_TYPES" "$1" 2>/dev/null | tr -d '\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p' | head -n 1)
	[ -n "$challenge" ] || return 0
	field() { printf '%s' "$challenge" | tr ',' '\n' | sed -n "s/.*$1=//p" | tr -d '"' | head -n 1; }
	# shellcheck disable=SC2020 # three characters, three lines
	token=$(curl -q -fsSL -G --proto '=http,https' --connect-timeout 5 --max-time 20 -A slipway --data-urlencode "service=$(field service)" --data-urlencode "scope=$(field scope)" "$(field realm)" 2>/dev/null |
		tr -d ' \n\t' | tr ',{}' '\n\n\n' | sed -n 's/^"\(access_token\|token\)":"\([^"]*\)"$/\2/p' | head -n 1)
	[ -z "$token" ] || header="Authorization: Bearer $token"
}

# has TEXT: whether what came holds it; says so instead of an answer when it does not.
has() {
	[ -n "$1" ] && [ -s "$file" ] && ! grep -qF -- "$1" "$file" || return 0
	printf '0\t0\t0\t0'
	echo "not this version (no $1)" >"$error"
	return 1
}

# ask URL KIND TEXT
ask() {
	host=${1#*://}
	host=${host%%/*}
	case $dead in *" $host "*)
		printf '0\t0\t0\t0\tno answer before\n'
		return
		;;
	esac
	if command -v curl >/dev/null; then
		header=
		[ "$2" != images ] || token_for "$1"
		if [ -n "$3" ]; then range=; else range=0-$((SAMPLE - 1)); fi
		said=$(curl -q -sSL --proto '=http,https' --max-redirs 5 --connect-timeout 5 --max-time 20 ${range:+-r $range} -A slipway -o "$file" ${header:+-H "$header"} -H "Accept: $MANIFEST_TYPES" \
			-w '%{http_code}\t%{size_download}\t%{time_starttransfer}\t%{time_total}' "$1" 2>"$error") || true
		has "$3" && printf '%s' "$said"
	elif [ "$2" != files ] && [ "$2" != images ]; then
		began=$(cut -d ' ' -f 1 /proc/uptime)
		code=0
		timeout 20 /usr/lib/apt/apt-helper -o Acquire::Retries=0 -o Acquire::http::Timeout=5 -o Acquire::https::Timeout=5 download-file "$1" "$file" >"$error" 2>&1 && code=200
		has "$3" && printf '%s\t%s\t0\t%s' "$code" "$(stat -c %s "$file" 2>/dev/null || echo 0)" "$(echo "$began $(cut -d ' ' -f 1 /proc/uptime)" | awk '{print $2 - $1}')"
	else
		printf '0\t0\t0\t0'
		echo 'curl is not installed yet' >"$error"
	fi
	rm -f "$file"
	grep -q -e 'Failed to connect' -e 'Could not resolve' "$error" && dead="$dead$host "
	printf '\t%s\n' "$(sed 's/^curl: ([0-9]*) //; s/^[EW]: //' "$error" | tr '\t' ' ' | head -n 1)"
}
