# Prints everything by which a host can be told from another, one sorted line each: files, packages, units, tables, links, mounts,
# processes, users. Left out: what lives in memory or changes by itself (/proc, /sys, /tmp, logs, caches, apt's lists).
set -eu
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

PRUNED='-path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt/lists
	-o -path /run/systemd -o -path /run/log -o -path /run/udev -o -path /run/user -o -path /run/dbus -o -path /run/motd.dynamic'

# Of what lies in memory only the names count.
files() {
	# shellcheck disable=SC2086 # words of find
	find / \( $PRUNED \) -prune -o -printf 'path %y %m %u:%g %p %l\n' 2>/dev/null || :
	# shellcheck disable=SC2086
	find / \( $PRUNED -o -path /run \) -prune -o -type f -print0 2>/dev/null | xargs -0 sha256sum | sed 's/^/text /'
}

packages() {
	# shellcheck disable=SC2016
	dpkg-query -W -f 'package ${db:Status-Abbrev} ${Package} ${Version}\n'
	apt-mark showmanual | sed 's/^/manual /'
}

# Counters and handles are not state.
tables() {
	if command -v nft >/dev/null; then nft -s list ruleset | sed 's/^/nft /'; fi
	for save in iptables-legacy-save ip6tables-legacy-save; do
		if command -v "$save" >/dev/null; then "$save" | sed '/^#/d; s/\[[0-9:]*\]$//; s/^/legacy /'; fi
	done
}

network() {
	ip -o link | sed 's/^[0-9]*: \([^@:]*\).*link\/\([a-z]*\).*/link \1 \2/'
	ip -o address | sed 's/^[0-9]*: *//; s/valid_lft.*//; s/^/address /'
	ip route show table all | sed '/^fe80\|^multicast\|ff00/d; s/^/route /'
	ip rule | sed 's/^/rule /'
	find /run/netns -mindepth 1 -printf 'netns %f\n' 2>/dev/null || true
	ss -Hltnu | awk '{print "socket " $1 " " $5}'
}

running() {
	systemctl list-unit-files --no-legend --plain | awk '$1 !~ /^session-/ {print "unit-file " $0}'
	systemctl list-units --no-legend --plain --type=service,socket,timer,slice,mount,scope |
		awk '$1 !~ /^(session-|user|run-user|apt-)|^systemd-(tmpfiles-clean|hostnamed)/ {print "unit " $1 " " $3}'
	# Whoever looks and whoever is logged in are no part of the host.
	ps -e -o ppid=,comm= | awk '$1 != 2 && $2 !~ /^(sh|bash|ps|awk|mawk|find|xargs|sha256sum|sort|uniq|sed|sshd|sshd-session|\(sd-pam\)|systemd|systemd-user-ru|sudo|kworker.*)$/ {$1 = ""; print "process" $0}'
	find /sys/fs/cgroup -maxdepth 3 -type d -name '*kube*' 2>/dev/null | sed 's/^/cgroup /'
}

{
	files
	packages
	tables
	network
	running
	findmnt -rn -o TARGET,SOURCE,FSTYPE | awk '$1 !~ /^\/run\/user/ {print "mount " $0}'
} | sort | uniq
