# The functions every script of an apply begins with. A script is this text, the changes, and `main; exit` (see engine/script.ts).
# It talks in lines that begin with "::slipway": begin, done and note. Everything else it prints is kept for error reports.
set -eu
umask 022
STATE=/var/lib/slipway
RUN=/run/slipway
# needrestart would restart services of the host behind apt, which no plan has shown.
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

begin() { printf '::slipway begin %s\n' "$1"; }
finish() { printf '::slipway done %s\n' "$1"; }
note() { printf '::slipway note %s\n' "$*"; }
fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

# uptime_cs: hundredths of a second since the host started. A time limit counts these: the wall clock is set while scripts run, because the same
# run brings chrony, whose first step may be hours.
uptime_cs() {
	local seconds hundredths
	IFS='. ' read -r seconds hundredths _ </proc/uptime
	# The 1 keeps "08" from being taken for an octal number.
	printf '%s\n' "$((seconds * 100 + 1$hundredths - 100))"
}

# retry SECONDS LONGEST COMMAND...: until the command succeeds, with pauses of 100 ms at first that grow by half, up to LONGEST seconds; 1 when
# the time is over. Every waiting loop is this one.
retry() {
	local retry_end retry_longest retry_pause retry_left
	retry_end=$(($(uptime_cs) + $1 * 100))
	retry_longest=$(($2 * 100))
	retry_pause=10
	shift 2
	until "$@"; do
		retry_left=$((retry_end - $(uptime_cs)))
		[ "$retry_left" -gt 0 ] || return 1
		[ "$retry_pause" -le "$retry_left" ] || retry_pause=$retry_left
		sleep "$((retry_pause / 100)).$((retry_pause / 10 % 10))$((retry_pause % 10))"
		retry_pause=$((retry_pause * 3 / 2))
		[ "$retry_pause" -le "$retry_longest" ] || retry_pause=$retry_longest
	done
}

# One script at a time on a host. An orphan of a run that was cut off holds the lock until it is dead.
enter() {
	install -d -m 0700 "$RUN"
	install -d -m 0755 "$STATE"
	install -d -m 0700 "$STATE/backup" "$STATE/stamps"
	exec 9>"$RUN/host.lock"
	flock -w 60 9 || fail "another Slipway script has been running on this host for more than 60 s"
	# stdin ends when the ssh channel does: then nobody waits for this script any more, and it must not go on behind the next run's back.
	exec 3<&0
	group=$(cut -d ' ' -f 5 "/proc/$$/stat")
	(
		exec 9>&-
		# It is in the group that it ends, and has to outlive the first try. (dash takes a group only as "kill -s TERM -- -1".)
		trap '' TERM
		while read -r _ <&3; do :; done
		kill -s TERM -- "-$group"
		for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; done
		kill -s KILL -- "-$group"
	) >/dev/null 2>&1 &
	watchdog=$!
	exec </dev/null
	trap 'leave $?' EXIT
	# Nobody reads any more what is printed then, and a shell that dies of that would not clean up.
	trap 'exit 143' TERM PIPE
	allow_starts
	forget_opened
	recall
}

# UNDO: a function that takes back what this script has begun, when it does not come to its end. It gets the exit code.
UNDO=

# A backup lies here in the clear while a restore is asked for. Of one that was killed before it began nobody else takes it away.
forget_opened() {
	[ -e /etc/slipway/restore.env ] || find "$STATE/restore" "$STATE/outgoing" -maxdepth 0 -mmin +1440 -exec rm -rf {} + 2>/dev/null || true
}

leave() {
	rm -rf "$RUN/secret"
	if [ "$1" != 0 ] && [ -n "$UNDO" ]; then
		trap '' TERM PIPE
		"$UNDO" "$1" || true
	fi
	if [ -f "$RUN/aside" ]; then systemctl start --no-block "$(cat "$RUN/aside").service"; fi
	rm -f "$RUN/aside"
	[ "$1" != 0 ] || rm -rf "$RUN/before"
	allow_starts
	kill -KILL "$watchdog" 2>/dev/null || true
	exit "$1"
}

# What Slipway wrote, one "kind value" a line: reset takes away exactly this. It lies on the disk before what it names does.
remember() {
	if grep -qxF -- "$1 $2" "$STATE/inventory" 2>/dev/null; then return 0; fi
	printf '%s %s\n' "$1" "$2" >>"$STATE/inventory"
	sync "$STATE/inventory" "$STATE/"
}

# recorded KIND DELIMITER FIELD VALUE: whether the inventory has an entry of that kind whose field is this, character by character.
recorded() { sed -n "s/^$1 //p" "$STATE/inventory" 2>/dev/null | cut -d "$2" -f "$3" | grep -qxF -- "$4"; }

# Keeps what was at PATH before Slipway, once, and whole or not at all.
keep() {
	if { [ -e "$1" ] || [ -L "$1" ]; } && ! grep -qxF -- "file $1" "$STATE/inventory" 2>/dev/null && [ ! -e "$STATE/backup$1" ] && [ ! -L "$STATE/backup$1" ]; then
		mkdir -p "$STATE/backup${1%/*}"
		rm -rf "$STATE/backup.new"
		cp -a "$1" "$STATE/backup.new"
		sync "$STATE/backup.new" 2>/dev/null || true
		mv -T "$STATE/backup.new" "$STATE/backup$1"
	fi
}

# Keeps the mode and owner of a directory that was there before Slipway, once. A link to one on another disk counts as that one, as chmod has it.
keep_mode() {
	if ! grep -qxF -- "directory $1" "$STATE/inventory" 2>/dev/null && ! recorded mode " " 3- "$1"; then
		remember mode "$(stat -L -c '%a %U:%G' "$1") $1"
	fi
}

# keep_sysctls KEY...: what the kernel says before Slipway's values, once. A key that its module has not made yet has no value to keep.
keep_sysctls() {
	for key; do
		recorded sysctl = 1 "$key" || ! value=$(sysctl -n "$key" 2>/dev/null) || remember sysctl "$key=$value"
	done
}

in_container() { systemd-detect-virt --quiet --container; }

MODULES=/proc/modules

# keep_modules: which modules the kernel had before Slipway, once; a container's are its machine's.
keep_modules() {
	! grep -qs -e '^module ' -e '^file /etc/modules-load.d/slipway.conf$' "$STATE/inventory" || return 0
	if in_container || [ ! -r "$MODULES" ]; then return 0; fi
	sed 's/ .*//; s/^/module /' "$MODULES" >>"$STATE/inventory"
}

# keep_service NAME: whether a package's service was enabled and ran before Slipway, once.
keep_service() {
	recorded service " " 1 "$1" ||
		remember service "$1 $(systemctl is-enabled "$1.service" 2>/dev/null || true) $(systemctl is-active "$1.service" 2>/dev/null || true)"
}

# directory PATH MODE OWNER
directory() {
	if [ -d "$1" ]; then keep_mode "$1"; else parent "$1"; fi
	chmod "$2" "$1"
	chown "$3" "$1"
}

# What is remembered before it is made is never forgotten by a run that was cut off. Paths are taken apart by the shell itself, here and below:
# a dirname that the watchdog ends prints nothing, and the command around it would still run, with half a path.
parent() {
	[ -d "${1:-/}" ] && return
	parent "${1%/*}"
	remember directory "$1"
	mkdir "$1"
	chmod 0755 "$1"
}

# put PATH MODE OWNER: stdin becomes the file, whole or not at all. The temporary name is fixed, so that a cut-off run leaves nothing behind.
put() {
	parent "${1%/*}"
	keep "$1"
	remember file "$1"
	new=${1%/*}/.${1##*/}.slipway
	rm -f "$new"
	(
		umask 077
		: >"$new"
	)
	chmod "$2" "$new"
	chown "$3" "$new"
	cat >"$new"
	sync "$new"
	set_aside "$1"
	mv -fT "$new" "$1"
	sync "${1%/*}/"
}

# settle FILE PATH: a file that was put together elsewhere takes its place, whole or not at all: between two disks a mv alone is a copy.
settle() {
	new=${2%/*}/.${2##*/}.slipway
	if ! mv -fT "$1" "$new"; then
		rm -f "$new"
		fail "$2 has no room: $(df -Pm "${2%/*}" | awk 'NR == 2 {print $4}') MiB are free in ${2%/*}. Make room there, and run again."
	fi
	sync "$new"
	remember file "$2"
	mv -fT "$new" "$2"
}

# What a file said before, until the next unit is ready with what replaces it (or the script is done): put_back takes it from there.
# A script that was cut off leaves it for the next one, and its own half-way state never takes its place.
set_aside() {
	[ -f "$1" ] && [ ! -e "$RUN/before$1" ] || return 0
	mkdir -p "$RUN/before${1%/*}"
	cp -p "$1" "$RUN/before.new"
	mv -f "$RUN/before.new" "$RUN/before$1"
}

# link PATH TARGET
link() {
	parent "${1%/*}"
	keep "$1"
	remember file "$1"
	ln -sfnT "$2" "${1%/*}/.${1##*/}.slipway"
	mv -fT "${1%/*}/.${1##*/}.slipway" "$1"
}

# load MODULE...: what is built into the kernel cannot be loaded and need not be; its files are the proof.
load() {
	for module; do
		[ -d "/sys/module/$module" ] && continue
		case $module in
		overlay) grep -qw overlay /proc/filesystems && continue ;;
		br_netfilter) [ -d /proc/sys/net/bridge ] && continue ;;
		nf_conntrack) [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && continue ;;
		esac
		modprobe "$module" || fail "the kernel module $module cannot be loaded: install the modules of the running kernel ($(uname -r)) or boot the newest one"
	done
}

# stamp NAME PIN PATH...: vouches for files that were verified, by size and time, so that the next run need not read them; by digest for one that does.
stamp() {
	name=$1
	pin=$2
	shift 2
	{
		printf '%s\n' "$pin"
		for path; do printf '%s\t%s\t%s\n' "$path" "$(stat -c '%s	%Y' "$path")" "$(sha256sum <"$path" | cut -d ' ' -f 1)"; done
	} >"$STATE/stamps/.new"
	mv -f "$STATE/stamps/.new" "$STATE/stamps/$name"
}

# timeout SECONDS COMMAND...: left alone it gives the command a process group of its own, where the watchdog does not find it.
timeout() { command timeout --foreground "$@"; }

# apt STARTER ARGUMENT...
apt() {
	starter=$1
	shift
	$starter 900 apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef -o APT::Install-Recommends=false "$@"
}

# A dpkg run that was begun is ended by nobody but itself, and keeps the host's lock until then.
undisturbed() { command timeout "$@"; }

# finish_packages: what a dpkg that was cut off has left half done; apt refuses everything until it is whole. Only before packages change, because
# their scripts act on the host.
finish_packages() {
	[ -n "$(dpkg --audit 2>/dev/null)" ] || return 0
	undisturbed 900 dpkg --configure -a --force-confold || true
}

POLICY=/usr/sbin/policy-rc.d
deny_starts() {
	[ -e "$POLICY" ] && return
	printf '#!/bin/sh\n# written by slipway while it installs packages\nexit 101\n' >"$POLICY"
	chmod 0755 "$POLICY"
}
# Also at the beginning and the end of every script: one that was cut off must not leave a host that starts nothing any more.
allow_starts() {
	if grep -qs 'written by slipway' "$POLICY"; then rm -f "$POLICY"; fi
}

# packages NAME...: installs without starting anything the packages bring. What comes along with them is remembered too,
# and which of them apt had as "installed automatically": naming a package makes it a wanted one.
packages() {
	await_dpkg
	apt_refresh
	deny_starts
	finish_packages
	apt-mark showauto "$@" | while read -r name; do remember auto "$name"; done
	apt_fetch "$@"
	apt undisturbed install "$@"
	allow_starts
}

# inputs FILE...: the digest a unit is started with; plan.ts computes the same from facts.
inputs() { sha256sum -- "$@" | sha256sum | cut -d ' ' -f 1; }

# start UNIT SECONDS READY-FUNCTION INPUT...: (re)starts a unit and waits on the host until it is ready.
start() {
	unit=$1
	within=$2
	ready=$3
	shift 3
	reads=$*
	parent /etc/slipway/units
	remember file "/etc/slipway/units/$unit.env"
	printf 'SLIPWAY_INPUTS=%s\n' "$(inputs "$@")" >"/etc/slipway/units/.$unit.env"
	mv -f "/etc/slipway/units/.$unit.env" "/etc/slipway/units/$unit.env"
	remember unit "$unit.service"
	systemctl daemon-reload
	systemctl enable --quiet "$unit.service"
	systemctl reset-failed "$unit.service" 2>/dev/null || true
	systemctl restart --no-block "$unit.service"
	await_unit "$unit" "$within" "$ready"
	rm -rf "$RUN/$unit.service" "$RUN/$unit.env" "$RUN/before"
}

# step_aside UNIT: it cannot work while another restarts, and its askers have others to ask: it stops in good order first.
step_aside() {
	systemctl is-active --quiet "$1.service" || return 0
	printf '%s\n' "$1" >"$RUN/aside"
	systemctl stop "$1.service"
}

# come_back UNIT SECONDS READY-FUNCTION: starts what stepped aside; `leave` does it where this is not reached.
come_back() {
	[ -f "$RUN/aside" ] || return 0
	systemctl start --no-block "$1.service"
	await_unit "$1" "$2" "$3"
	rm -f "$RUN/aside"
}

# reload UNIT SECONDS READY-FUNCTION: the running process reads its files again.
reload() {
	systemctl daemon-reload
	systemctl reload "$1.service" || unit_failed "$1" 'it could not read its files again' "$3" "$2"
	await_unit "$1" "$2" "$3"
}

# loaded UNIT INPUT...: which inputs the running process has read, for those that it reads again without a restart.
loaded() {
	unit=$1
	shift
	inputs "$@" >"$RUN/loaded"
	put "/etc/slipway/units/$unit.loaded" 0644 root:root <"$RUN/loaded"
}

property() { systemctl show -p "$1" --value "$2.service"; }

# unit_ready UNIT READY-FUNCTION: a restart that is ordered but not begun does not count: what is active, and may well be ready, is the old process.
unit_ready() { [ "$(property ActiveState "$1")" = active ] && [ -z "$(property Job "$1")" ] && "$2" >/dev/null 2>&1; }

# unit_settled UNIT READY-FUNCTION: whether there is nothing more to wait for; `unit_fault` says what went wrong, if something did.
# A unit that restarts by itself is active between two crashes: ready counts if nothing was restarted since the last look, and its process may
# end once.
unit_settled() {
	local restarts
	if unit_ready "$1" "$2"; then
		[ "$(property NRestarts "$1")" = "$unit_base" ] && return 0
		unit_base=$(property NRestarts "$1")
		return 1
	fi
	restarts=$(($(property NRestarts "$1") - unit_base))
	[ "$restarts" -ge 2 ] || { [ "$restarts" = 1 ] && between_starts "$1"; } || return 1
	# One that was started once more says why at its end, which may come after a page of usage.
	retry 2 1 between_starts "$1" || true
	unit_fault='it crashed again and again'
}

# await_unit UNIT SECONDS READY-FUNCTION: what it asks is on this host, and others wait for the unit: at least once a second.
await_unit() {
	unit_base=$(property NRestarts "$1")
	unit_fault=
	retry "$2" 1 unit_settled "$1" "$3" || unit_fault="it was not ready within $2 s"
	[ -z "$unit_fault" ] || unit_failed "$1" "$unit_fault" "$3" "$2"
}

# systemd waits RestartSec between the end of a process and the next start; it counts the restart when that time is over.
between_starts() { [ "$(property SubState "$1")" = auto-restart ]; }

unit_failed() {
	printf 'unit %s: %s. Its last log lines:\n' "$1" "$2" >&2
	# journald reads what a process prints and what systemd says of it from two sockets, and either may be late.
	timeout 10 journalctl --sync || true
	journalctl -u "$1.service" -n 20 --no-pager -o cat >&2 || true
	put_back "$1" "$3" "$4"
	exit 1
}

# unit_file UNIT: stdin becomes the unit's file; the one it ran with is kept until a new one is ready, however many runs that takes.
unit_file() {
	path=/etc/systemd/system/$1.service
	if [ ! -f "$RUN/$1.service" ] && systemctl is-active --quiet "$1.service" && [ -f "$path" ]; then
		cp -p "/etc/slipway/units/$1.env" "$RUN/$1.env" 2>/dev/null || true
		cp -p "$path" "$RUN/.$1.service"
		mv -f "$RUN/.$1.service" "$RUN/$1.service"
	fi
	put "$path" 0600 root:root
}

# put_back UNIT READY-FUNCTION SECONDS: a unit that ran before and fails with its new file runs again with the old one, and with the files as they
# were then: the cluster goes on, and the next run tries anew.
put_back() {
	[ -f "$RUN/$1.service" ] || return 0
	if [ -n "${KEEP_FAILED:-}" ]; then
		printf 'unit %s: left as it is, because of --keep-failed; the next run without it puts the old file back if this one still fails\n' "$1" >&2
		return 0
	fi
	if [ -d "$RUN/before" ]; then
		(cd "$RUN/before" && find . -type f) | while read -r old; do
			mode=$(stat -c %a "$RUN/before/$old")
			owner=$(stat -c %U:%G "$RUN/before/$old")
			put "/${old#./}" "$mode" "$owner" <"$RUN/before/$old"
		done
		rm -rf "$RUN/before"
	fi
	put "/etc/systemd/system/$1.service" 0600 root:root <"$RUN/$1.service"
	if [ -f "$RUN/$1.env" ]; then mv -f "$RUN/$1.env" "/etc/slipway/units/$1.env"; fi
	# What was not there before stays, and the process that starts now reads it: the old digest would tell of another file, should that come back.
	# shellcheck disable=SC2086 # paths of ours, none with a space
	if [ -n "${reads:-}" ] && ! grep -qsxF "SLIPWAY_INPUTS=$(inputs $reads)" "/etc/slipway/units/$1.env"; then
		printf 'SLIPWAY_INPUTS=\n' >"/etc/slipway/units/$1.env"
	fi
	rm -rf "$RUN/$1.service" "$RUN/before"
	systemctl daemon-reload
	systemctl reset-failed "$1.service" 2>/dev/null || true
	systemctl restart --no-block "$1.service"
	retry "$3" 1 unit_ready "$1" "$2" || {
		printf 'unit %s: the file it ran with before was put back, but it is not ready with that either\n' "$1" >&2
		return 0
	}
	printf 'unit %s: the file it ran with before was put back, and it is ready again\n' "$1" >&2
}

# stop_unit UNIT: for a part that this host is not to have any more.
stop_unit() {
	systemctl disable --now --quiet "$1.service" 2>/dev/null || true
	rm -f "/etc/systemd/system/$1.service" "/etc/slipway/units/$1.env" "/etc/slipway/units/$1.loaded"
	systemctl daemon-reload
}

# await SECONDS WHAT FUNCTION
await() {
	retry "$1" 5 heard "$3" && return
	printf '%s was not true within %s s. It last said:\n' "$2" "$1" >&2
	tail -n 20 "$RUN/await" >&2
	exit 1
}

# heard FUNCTION: what it said last is kept.
heard() { "$1" >"$RUN/await" 2>&1; }
