# Whether mirrors have images, as this host sees it: for `slipway images check --from-hosts`, after the functions of every script.
# Nothing of the host is changed.

# As commands/images/ask.ts has it: after so many refusals a mirror is left in peace.
PATIENCE=3
REFUSALS=' '

# refusal_of MIRROR: the status of its last refusal, once there were PATIENCE of them.
refusal_of() {
	printf '%s' "$REFUSALS" | tr ' ' '\n' | sed -n "s/^$1=//p" | sed -n "$PATIENCE{p;q;}"
}

# say_image INDEX MIRROR BASE REFERENCE: "image INDEX STATUS DIGEST-OR-REASON"; status 0 is no answer.
say_image() {
	local refusal digest
	refusal=$(refusal_of "$2")
	if [ -n "$refusal" ]; then
		printf 'image %s %s not asked any more\n' "$1" "$refusal"
		return
	fi
	FETCH_DOWN=' '
	OPEN_REGISTRIES=' '
	if ! registry_token "$3" "$4"; then
		status=0
	elif [ -n "$FETCH_HEADER" ]; then
		head_manifest "$3/manifests/$4"
	fi
	case $status in
	200)
		digest=$(tr -d '\r' <"$RUN/challenge" | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: *//p' | tail -n 1)
		printf 'image %s 200 %s\n' "$1" "$digest"
		;;
	0 | 000) printf 'image %s 0 %s\n' "$1" "${error% (given up)}" ;;
	*) printf 'image %s %s HTTP %s\n' "$1" "$status" "$status" ;;
	esac
	case $status in 0 | 000 | 403 | 429 | 5??) REFUSALS="$REFUSALS$2=$((status)) " ;; esac
}
