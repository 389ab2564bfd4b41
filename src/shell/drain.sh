# How a control plane drains nodes and gives them back. A script that does not come to its end gives back all that it has cordoned.

CORDONED=

# Pods that a drain moves, one a line: node, "naked" (no controller makes it again) or "made", "local" (emptyDir) or "-", namespace/name, uid.
# What is over, static or a DaemonSet's is not moved, as kubectl has it. A range finds the emptyDir: an empty one counts as false.
# shellcheck disable=SC2016
pod_rows() {
	printf '%s' '{{range .items}}
{{- $owner := ""}}{{range .metadata.ownerReferences}}{{if .controller}}{{$owner = .kind}}{{end}}{{end}}
{{- $static := false}}{{range $name, $_ := .metadata.annotations}}{{if eq $name "kubernetes.io/config.mirror"}}{{$static = true}}{{end}}{{end}}
{{- $stored := "-"}}{{range .spec.volumes}}{{range $kind, $_ := .}}{{if eq $kind "emptyDir"}}{{$stored = "local"}}{{end}}{{end}}{{end}}
{{- if not (or $static (eq $owner "DaemonSet") (eq .status.phase "Succeeded") (eq .status.phase "Failed"))}}
{{- .spec.nodeName}} {{if eq $owner ""}}naked{{else}}made{{end}} {{$stored}} {{.metadata.namespace}}/{{.metadata.name}} {{.metadata.uid}}
{{- if .metadata.deletionTimestamp}} going{{end}}{{"\n"}}
{{- end}}{{end}}'
}

# pods_on NODE
pods_on() { k 20 get pods -A --field-selector "spec.nodeName=$1" -o "go-template=$(pod_rows)"; }

# pods_of NODE...: eight lists at once, so that many nodes take seconds and the API server has its peace.
pods_of() {
	lists=
	for node; do
		pods_on "$node" >"$RUN/pods.$node" 3<&- 9>&- &
		lists="$lists $!"
		case $lists in *' '*' '*' '*' '*' '*' '*' '*' '*) wait_lists ;; esac
	done
	wait_lists
	for node; do
		cat "$RUN/pods.$node"
		rm -f "$RUN/pods.$node"
	done
}

# A plain wait would wait for the watchdog too.
wait_lists() {
	for list in $lists; do wait "$list"; done
	lists=
}

# named KIND FILE: the pods of one kind in a list, in one line.
named() { awk -v kind="$1" '$2 == kind || $3 == kind {printf "%s%s", sep, $4; sep = ", "}' "$2"; }

# PodDisruptionBudgets that allow nothing now, one a line: namespace, name, selector. An empty selector selects all, none selects nothing.
# shellcheck disable=SC2016
budget_rows() {
	printf '%s' '{{range .items}}{{if eq (printf "%v" .status.disruptionsAllowed) "0"}}
{{- $budget := printf "%s %s " .metadata.namespace .metadata.name}}
{{- range $key, $selector := .spec}}{{if eq $key "selector"}}{{$budget}}
{{- range $label, $value := $selector.matchLabels}},{{$label}}={{$value}}{{end}}
{{- range $selector.matchExpressions}},{{if eq .operator "DoesNotExist"}}!{{end}}{{.key}}
{{- if eq .operator "In"}} in {{end}}{{if eq .operator "NotIn"}} notin {{end}}
{{- if .values}}({{range $at, $value := .values}}{{if $at}},{{end}}{{$value}}{{end}}){{end}}{{end}}{{"\n"}}
{{- end}}{{end}}{{end}}{{end}}'
}

# budgets_on NODE: those of them that hold a pod of this node.
budgets_on() {
	k 20 get poddisruptionbudgets -A -o "go-template=$(budget_rows)" | while read -r space name selector; do
		held=$(k 20 -n "$space" get pods --field-selector "spec.nodeName=$1" -l "${selector#,}" -o name) || continue
		[ -z "$held" ] || printf 'PodDisruptionBudget %s/%s allows no eviction now\n' "$space" "$name"
	done
}

# kubectl names its own flags, which nobody can give here.
our_words() {
	sed -e 's/ (use --force to override)//g' -e 's/ (use --delete-emptydir-data to override)//g' -e 's/ (use --[a-z-]* to [a-z]*)//g'
}

# refuse_drain NODE WHY FIX
refuse_drain() { fail "$1 is not drained: $2. $3. Nothing was changed on $1."; }

# may_be_lost NODE FORCE LOCAL: what cluster.yml does not allow to be deleted stops the drain before anything happens.
may_be_lost() {
	naked=$(named naked "$RUN/pods")
	stored=$(named local "$RUN/pods")
	[ "$2" = true ] || [ -z "$naked" ] || refuse_drain "$1" "no controller makes these pods again: $naked" \
		'Delete them yourself, or set upgrade_strategy.node_drain_input.force to true'
	[ "$3" = true ] || [ -z "$stored" ] || refuse_drain "$1" "these pods have emptyDir data: $stored" \
		'Delete them yourself, or set upgrade_strategy.node_drain_input.delete_local_data to true'
}

# asks_leave NODE FLAG...: whether the API server would let every pod of NODE go; what no waiting mends ends the script.
asks_leave() {
	k 20 drain "$@" --dry-run=server --timeout=2s >"$RUN/drain" 2>&1 </dev/null && return
	if grep -qE 'cannot delete|\(NotFound\)' "$RUN/drain"; then
		refuse_drain "$1" "$(grep -E 'cannot delete|\(NotFound\)' "$RUN/drain" | tail -n 1 | our_words)" 'Delete them yourself'
	fi
	budgets_on "$1" >"$RUN/budgets" || true
	if [ -z "$told" ]; then
		told=$(sed -n 's/^PodDisruptionBudget \([^ ]*\) .*/\1/p' "$RUN/budgets" | tr '\n' ' ')
		[ -z "$told" ] || note "drain-waits $1 ${told% }"
	fi
	return 1
}

# may_go NODE SECONDS FLAG...: waits until every pod of NODE may go. Asked before the first is evicted: a pod that nothing makes again is not to be
# lost for a drain that cannot end.
may_go() {
	node=$1
	within=$2
	shift 2
	told=
	retry "$within" 5 asks_leave "$node" "$@" && return
	grep . "$RUN/budgets" >&2 || tail -n 5 "$RUN/drain" | our_words >&2
	refuse_drain "$node" 'its pods were not allowed to go in time' \
		'Free what blocks, or give it more time (upgrade_strategy.node_drain_input.timeout)'
}

# cordon NODE: with a mark, by which a later run knows whose cordon it is. Once marked it stays so: a run that was cut off had cordoned it itself.
cordon() {
	seen=$(k 20 get node "$1" -o 'jsonpath={.metadata.annotations.slipway/drained}/{.spec.unschedulable}')
	CORDONED="$CORDONED $1"
	UNDO=give_back_all
	case $seen in
	/true) k 20 annotate node "$1" slipway/drained=cordoned-before ;;
	/*) k 20 annotate node "$1" slipway/drained=true ;;
	esac
	k 20 cordon "$1"
}

# give_back NODE: it takes pods again, unless somebody had cordoned it before: then it is not for us to give it back.
give_back() {
	mark=$(k 20 get node "$1" -o 'jsonpath={.metadata.annotations.slipway/drained}') || return
	[ "$mark" = cordoned-before ] || k 20 uncordon "$1" || return
	k 20 annotate node "$1" slipway/drained-
}

# give_back_all EXIT: at the end of a script that failed or was cut off; nobody reads then what is printed.
give_back_all() {
	for node in $CORDONED; do
		if give_back "$node" >/dev/null 2>&1 </dev/null; then said="$node takes pods again."; else said="$node is still cordoned: kubectl uncordon $node"; fi
		[ "$1" = 143 ] || printf '%s\n' "$said" >&2
	done
}

# lost_of NODE: of the pods that were there before, those that are gone or going.
lost_of() {
	pods_on "$1" | awk '$6 != "going"' >"$RUN/pods.now" || return
	awk 'FILENAME == ARGV[1] {here[$5]; next} !($5 in here)' "$RUN/pods.now" "$RUN/pods" >"$RUN/pods.gone"
	naked=$(named naked "$RUN/pods.gone")
	made=$(named made "$RUN/pods.gone")
	[ -z "$naked" ] || printf 'Deleted before it was given up, and nothing makes them again: %s\n' "$naked" >&2
	[ -z "$made" ] || printf 'Evicted before it was given up; their controllers make them again: %s\n' "$made" >&2
	[ -n "$naked$made" ] || printf 'No pod of %s was evicted.\n' "$1" >&2
}

# drain_node NODE SECONDS FORCE LOCAL FLAG...: kubectl evicts, so PodDisruptionBudgets are respected.
drain_node() {
	node=$1
	within=$2
	began=$(($(uptime_cs) / 100))
	pods_on "$node" >"$RUN/pods"
	may_be_lost "$node" "$3" "$4"
	shift 4
	may_go "$node" "$within" "$@"
	cordon "$node"
	left=$((within - $(uptime_cs) / 100 + began))
	[ "$left" -ge 1 ] || left=1
	if k $((left + 20)) drain "$node" "$@" "--timeout=${left}s" >"$RUN/drain" 2>&1 </dev/null; then
		our_words <"$RUN/drain"
		return
	fi
	our_words <"$RUN/drain" >&2
	budgets_on "$node" >&2 || true
	lost_of "$node" || true
	why='; the reason stands above'
	[ "$(($(uptime_cs) / 100 - began))" -lt "$within" ] || why=" within $within s"
	fail "$node could not be drained$why. Free what blocks, or change upgrade_strategy.node_drain_input."
}
