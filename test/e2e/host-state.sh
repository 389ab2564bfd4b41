# Prints everything by which a host can be told from another, one sorted line each: files, packages, units, tables, links, mounts,
# processes, users. Left out: what lives in memory or changes by itself (/proc, /sys, /tmp, logs, caches, apt's lists).
set -eu
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

files() {
	find / \( -path /proc -o -path /sys -o -path /tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt/lists -o -path /run/systemd \
		-o -path /run/log -o -path /run/udev -o -path /run/user -o -path /run/dbus -o -path /dev \) -prune -o -printf '%y\t%m\t%u:%g\t%p\t%l\n' 2>/dev/null |
		while IFS='	' read -r type mode owner path target; do
			sum=$target
			case $type:$path in
			f:/run/*) ;;
			f:*) sum=$(sha256sum <"$path" | cut -c 1-16) ;;
			esac
			printf 'path %s %s %s %s %s\n' "$type" "$mode" "$owner" "$path" "$sum"
		done
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
	systemctl list-unit-files --no-legend --plain | sed 's/^/unit-file /'
	systemctl list-units --all --no-legend --plain --type=service,socket,timer,slice,mount,scope | awk '$1 !~ /^session-|^user|^run-user|^systemd-(tmpfiles-clean|hostnamed)|^apt-/ {print "unit " $1 " " $3}'
	ps -e -o ppid=,comm= | awk '$1 != 2 {$1 = ""; print "process" $0}' | grep -vE 'process (sh|ps|awk|sshd|sshd-session|\(sd-pam\)|systemd|sort|sed|grep|agetty|bash|sudo|kworker.*)$' || true
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
