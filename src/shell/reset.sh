# What `slipway reset` does on one host, after prelude.sh; a function `leaves` stands between them (engine/reset.ts).
# It says "::slipway begin STAGE" as it goes, and "::slipway left REASON THING" for everything that stays.
# Every stage may be repeated: a reset that was cut off goes on when it is run again, because the inventory is the last thing to go.

stage() { begin "$1"; }
left() { printf '::slipway left %s\n' "$*"; }
# What would make the next install meet remains of this one: the inventory is kept, and the run fails.
stuck() {
	left "$@"
	: >"$RUN/stuck"
}
inventory() { sed -n "s/^$1 //p" "$STATE/inventory" 2>/dev/null || true; }
has() { grep -qxF -- "$1" "$STATE/inventory" 2>/dev/null; }

# leaving KIND: the values of that kind that units of this host left behind. A unit that was never started here left nothing.
leaving() {
	leaves | while read -r unit kind value; do
		if [ "$kind" = "$1" ] && has "unit $unit.service"; then printf '%s\n' "$value"; fi
	done
}

# ---- what runs ----

stop() {
	for unit; do
		has "unit $unit" || continue
		systemctl disable --quiet "$unit" 2>/dev/null || true
		systemctl stop "$unit" 2>/dev/null || true
		systemctl reset-failed "$unit" 2>/dev/null || true
	done
}

# A part that keeps nothing needs no orderly end: kube-apiserver alone would take more than 10 s for it.
stop_at_once() {
	systemctl stop --no-block "$1" 2>/dev/null || return 0
	systemctl kill --signal=KILL "$1" 2>/dev/null || true
	stop "$1"
}

# Processes in the cgroups of kubelet's pods, at the root of this host's own tree.
pod_processes() { grep -lsE '^[0-9]+:[^:]*:/kubepods(\.slice)?(/|$)' /proc/[0-9]*/cgroup | cut -d / -f 3 | sort -u; }

BINARIES=/opt/slipway

# Processes of binaries that Slipway installed: the shims that containerd leaves behind when it stops. The kernel names a binary by where it is,
# whatever link leads there.
our_processes() {
	place=$(readlink -m "$BINARIES")
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe" 2>/dev/null) in
		"$place"/*) printf '%s\n' "$exe" | cut -d / -f 3 ;;
		esac
	done
}

# begins_in FILE TEXT: whether a line of it begins so.
begins_in() { TEXT=$2 awk 'index($0, ENVIRON["TEXT"]) == 1 { found = 1 } END { exit !found }' "$1" 2>/dev/null; }

none() { [ -z "$("$1")" ]; }

# end WHICH: asks, waits 10 s, and kills.
end() {
	"$1" | xargs -r kill -TERM 2>/dev/null || true
	retry 10 1 none "$1" && return
	"$1" | xargs -r kill -KILL 2>/dev/null || true
	retry 10 1 none "$1" || stuck running "$("$1" | tr '\n' ' ')"
}

# systemd removes the ones it knows; on cgroup v1 kubelet makes more, in hierarchies that systemd leaves to others.
remove_pod_cgroups() {
	for root in /sys/fs/cgroup/kubepods* /sys/fs/cgroup/*/kubepods*; do
		if [ -d "$root" ]; then find "$root" -depth -type d -exec rmdir {} \; 2>/dev/null || true; fi
	done
}

stop_everything() {
	stage units
	# Timers and sockets first, so that nothing is started again; then who would start pods again.
	inventory unit | grep -v '\.service$' | while read -r unit; do stop "$unit"; done
	stop kubelet.service kube-proxy.service
	if has 'unit kubelet.service'; then
		stage pods
		end pod_processes
		systemctl stop kubepods.slice 2>/dev/null || true
		remove_pod_cgroups
	fi
	stop containerd.service
	inventory unit | grep '\.service$' | grep -vxE '(kubelet|kube-proxy|containerd|etcd)\.service' | while read -r unit; do stop_at_once "$unit"; done
	stop etcd.service
	end our_processes
}

# ---- what the network is made of ----

# Chains of our names, and the rules elsewhere that jump to them, as one transaction per table; nothing else is touched.
chain_removal() {
	awk -v ours="^($1)-" '
		function flush_table() {
			if (n == 0) return
			print table
			for (c in chains) print ":" c " - [0:0]"
			printf "%s", rules
			for (c in chains) print "-X " c
			print "COMMIT"
		}
		/^\*/ { table = $0; n = 0; rules = ""; delete chains }
		/^:/ { name = substr($1, 2); if (name ~ ours) { chains[name]; n++ } }
		/^-A / && $2 !~ ours {
			for (i = 3; i < NF; i++) if (($i == "-j" || $i == "-g") && $(i + 1) ~ ours) { rules = rules "-D" substr($0, 3) "\n"; break }
		}
		/^COMMIT/ { flush_table() }'
}

remove_chains() {
	prefixes=$(leaving chains | paste -s -d '|')
	[ -n "$prefixes" ] || return 0
	for tables in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
		command -v "$tables-save" >/dev/null || continue
		# Asking the old kind about tables would make the kernel load it.
		case $tables in
		iptables-legacy) grep -qs . /proc/net/ip_tables_names || continue ;;
		ip6tables-legacy) grep -qs . /proc/net/ip6_tables_names || continue ;;
		esac
		"$tables-save" 2>/dev/null | chain_removal "$prefixes" >"$RUN/chains"
		[ ! -s "$RUN/chains" ] || "$tables-restore" --wait 10 --noflush <"$RUN/chains" || left chains "$tables"
	done
}

# iptables leaves the tables it made, with chains that hold nothing and accept everything. Where we brought it, they are ours.
remove_empty_tables() {
	has 'package iptables' && command -v nft >/dev/null || return 0
	for family in ip ip6; do
		for table in filter nat mangle raw security; do
			nft list table "$family" "$table" >"$RUN/table" 2>/dev/null || continue
			# Deleting takes along what is inside, whoever put it there: only what says nothing at all is deleted.
			awk '$1 == "chain" {chain = $2; accepts = rules = 0; next} /policy accept;$/ {accepts = 1; next} $1 == "}" {if (accepts && !rules) print chain; accepts = 0; next} {rules = 1}' "$RUN/table" |
				while read -r chain; do nft delete chain "$family" "$table" "$chain" 2>/dev/null || true; done
			nft list table "$family" "$table" 2>/dev/null | grep -qvE '^(#|table .*\{$|\}$|$)' || nft delete table "$family" "$table" || true
		done
	done
}

remove_links() {
	leaving link | while read -r name; do
		[ -d "/sys/class/net/$name" ] || continue
		# Pods' ends of a bridge go with their network namespaces, which may take a moment longer than we do.
		for port in "/sys/class/net/$name/brif"/*; do
			if [ -e "$port" ]; then ip link delete "${port##*/}" 2>/dev/null || true; fi
		done
		ip link delete "$name" || left link "$name"
	done
}

remove_namespaces() {
	leaving netns | while read -r prefix; do
		for path in "/run/netns/$prefix"*; do
			[ -e "$path" ] || continue
			umount -l "$path" 2>/dev/null || true
			rm -f "$path"
		done
	done
}

remove_network() {
	stage network
	if command -v nft >/dev/null; then
		leaving table | while read -r family name; do
			if nft list table "$family" "$name" >/dev/null 2>&1; then nft delete table "$family" "$name" || left table "$family $name"; fi
		done
	fi
	remove_chains
	remove_empty_tables
	remove_namespaces
	remove_links
}

# ---- what lies on disks ----

# Mount points below a path, deepest first.
mounts_below() { awk -v root="$1/" 'index($5, root) == 1 {print $5}' /proc/self/mountinfo | sort -r | sed 's/\\040/ /g; s/\\011/\t/g; s/\\134/\\/g'; }

# What is mounted there may be somebody's data: it is let go of first, and where that fails nothing is deleted.
unmount_below() {
	mounts_below "$1" | while IFS= read -r at; do
		timeout 20 umount "$at" 2>/dev/null || umount -f -l "$at" 2>/dev/null || umount -l "$at" 2>/dev/null || true
	done
	[ -z "$(mounts_below "$1")" ]
}

# A disk of its own stays mounted, and its lost+found is the file system's; of a link to a directory elsewhere both stay.
empty_directory() {
	find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
	recorded mode ' ' 3- "$1" || {
		chmod 0755 "$1"
		chown root:root "$1"
	}
}

remove_tree() {
	[ -e "$1" ] || [ -L "$1" ] || return 0
	# The kernel names mounts by where they are, whatever link leads there.
	place=$(readlink -m "$1")
	if ! unmount_below "$place"; then
		stuck mounted "$(mounts_below "$place" | head -n 1)"
	elif [ -d "$1" ] && { [ -L "$1" ] || mountpoint -q "$1"; }; then
		empty_directory "$1"
	else
		rm -rf "$1"
	fi
}

# Takes away directories that are empty and no package's.
prune() {
	leaving empty | sort -r | while read -r path; do
		if [ -n "$(find "$path" -maxdepth 0 -type d -empty 2>/dev/null)" ] && ! mountpoint -q "$path" && ! dpkg -S "$path" >/dev/null 2>&1; then rmdir "$path"; fi
	done
}

remove_leftovers() {
	stage leftovers
	leaving path | while read -r path; do remove_tree "$path"; done
	unload_apparmor
}

# containerd loads the profile of its containers by itself; it stays in the kernel until it is taken out by its name (apparmor.d, securityfs).
unload_apparmor() {
	profiles=/sys/kernel/security/apparmor/profiles
	if has 'unit containerd.service' && grep -qs '^cri-containerd\.apparmor\.d ' "$profiles"; then
		printf cri-containerd.apparmor.d 2>/dev/null >"${profiles%/*}/.remove" || left apparmor cri-containerd.apparmor.d
	fi
}

# logind reads its files when it is told to: after ours and kubelet's are gone.
reload_logind() {
	if inventory file | grep -q '^/etc/systemd/logind\.conf\.d/' || leaving path | grep -q '^/etc/systemd/logind\.conf\.d/'; then
		systemctl kill --signal=HUP systemd-logind.service 2>/dev/null || true
	fi
}

put_back_file() {
	mkdir -p "${1%/*}/"
	new=${1%/*}/.${1##*/}.slipway
	rm -rf "$new"
	cp -a "$STATE/backup$1" "$new"
	mv -fT "$new" "$1"
}

other_names() { awk '$1 != "127.0.1.1"' "$1"; }

# /etc/hosts is many people's: where others changed it since, only the line that gives the host its name is put back.
restore_hosts() {
	other_names "$STATE/backup/etc/hosts" >"$RUN/hosts"
	if other_names /etc/hosts | cmp -s - "$RUN/hosts"; then
		put_back_file /etc/hosts
	else
		{
			other_names /etc/hosts
			awk '$1 == "127.0.1.1"' "$STATE/backup/etc/hosts"
		} >"$RUN/hosts"
		cat "$RUN/hosts" >/etc/hosts
	fi
}

# Lines that were switched off are switched on again; whatever else was changed since stays.
restore_swap() {
	sed -i 's/^# slipway: //' /etc/fstab
	chmod --reference="$STATE/backup/etc/fstab" /etc/fstab
	in_container || swapon -a || left swap /etc/fstab
}

restore_one() {
	case $1 in
	/etc/hosts) restore_hosts ;;
	/etc/fstab) restore_swap ;;
	*) put_back_file "$1" ;;
	esac
}

remove_files() {
	stage files
	(cd "$STATE/backup" 2>/dev/null && find . ! -type d -printf '/%P\n') | while IFS= read -r path; do restore_one "$path"; done
	inventory file | while IFS= read -r path; do
		[ -e "$STATE/backup$path" ] || [ -L "$STATE/backup$path" ] || rm -f "$path"
		rm -f "${path%/*}/.${path##*/}.slipway"
	done
	if has 'file /etc/hostname' && [ -s /etc/hostname ]; then hostname -F /etc/hostname; fi
	inventory mode | while read -r mode owner path; do
		if [ -d "$path" ]; then
			chmod "$mode" "$path"
			chown "$owner" "$path"
		fi
	done
	# Nobody else writes into these two.
	rm -rf /etc/slipway /opt/slipway
	inventory directory | sort -r | while IFS= read -r path; do
		[ -d "$path" ] || continue
		rmdir "$path" 2>/dev/null && continue
		# Only the innermost: those around it stay for the same reason.
		begins_in "$RUN/filled" "$path/" || left not-empty "$path: $(find "$path" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | head -n 5 | paste -s -d ' ')"
		printf '%s\n' "$path" >>"$RUN/filled"
	done
	prune
	systemctl daemon-reload
}

# ---- what the system knows ----

remove_users() {
	inventory user | while read -r name; do
		if id "$name" >/dev/null 2>&1; then userdel "$name" || left user "$name"; fi
	done
}

# The packages that came with us and are still there, also as mere configuration.
our_packages() {
	inventory package | while read -r name; do
		dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' "$name" 2>/dev/null | awk '$1 !~ /n$/ {print $2}'
	done
}

# Stopping nftables.service flushes every rule of the host: where somebody switched it on, package and rules are theirs.
switched_on() { systemctl is-active --quiet "$1.service" 2>/dev/null || systemctl is-enabled --quiet "$1.service" 2>/dev/null; }

# Directories below /run that packages have made for themselves, and do not take along.
run_directories() {
	# shellcheck disable=SC2016 # awk's own fields
	xargs -r dpkg -L 2>/dev/null | grep '^/usr/lib/tmpfiles\.d/' | xargs -r awk '$1 ~ /^[dD]/ && $2 ~ /^\/(var\/)?run\/[^\/]+\/?$/ {print $2}' 2>/dev/null
}

# Only what came with us goes, and of that only what nobody else needs by now: dpkg is asked what it could take away without breaking anything.
remove_packages() {
	stage packages
	deny_starts
	finish_packages
	allow_starts
	our_packages | while read -r name; do
		if [ "$name" != nftables ] || ! switched_on nftables; then printf '%s\n' "$name"; fi
	done >"$RUN/ours"
	xargs -r dpkg --no-act --purge <"$RUN/ours" 2>/dev/null | sed -n 's/^Would .*purge \([^ ]*\) .*/\1/p' >"$RUN/purge" || true
	our_packages | grep -vxF -f "$RUN/purge" | while read -r name; do left needed "$name"; done
	if [ -s "$RUN/purge" ]; then
		run_directories <"$RUN/purge" >"$RUN/directories"
		# shellcheck disable=SC2046 # one word a package
		apt undisturbed purge -o APT::Get::AutomaticRemove=false $(cat "$RUN/purge")
		xargs -r rm -rf <"$RUN/directories"
	fi
	while read -r name; do rm -f "/var/cache/apt/archives/${name%%:*}"_*.deb; done <"$RUN/purge"
	inventory auto | xargs -r apt-mark auto >/dev/null
}

# Services of packages that were there before us.
restore_services() {
	inventory service | while read -r name enabled active; do
		! has "package $name" || continue
		case $enabled in enabled | disabled) systemctl "${enabled%d}" --quiet "$name.service" || true ;; esac
		case $active in
		active) systemctl start "$name.service" || left service "$name" ;;
		inactive) systemctl stop "$name.service" || true ;;
		esac
	done
}

# remove_indexes DIRECTORY: indexes of places that no source names any more. How a place becomes the beginning of a file's name only apt knows
# ("_" in a path, "mirror+file:" of cloud images), so it is asked for the names.
remove_indexes() {
	# shellcheck disable=SC2016 # apt's own variable
	apt-get indextargets --format '$(FILENAME)' >"$RUN/targets" 2>/dev/null || return 0
	sed 's,.*/,,; s/_dists_.*/_/; s/_\(Packages\|Sources\|Translation-[^_.]*\|Contents-[^_.]*\)\(\.[a-z0-9]*\)\{0,1\}$/_/' "$RUN/targets" | sort -u >"$RUN/sources"
	for index in "$1"/*_*; do
		[ -f "$index" ] || continue
		printf '%s\n' "${index##*/}" | grep -qF -f "$RUN/sources" || rm -f "$index"
	done
}

# First the values of before, then what the host's own files say. What a container cannot have of its own belongs to the machine below it.
restore_sysctls() {
	stage sysctls
	inventory sysctl | while IFS= read -r pair; do
		case $pair in
		net.*) ;;
		*) ! in_container || continue ;;
		esac
		sysctl -q -w "$pair" 2>/dev/null || true
	done
	systemctl restart systemd-sysctl.service 2>/dev/null || true
}

# What the kernel has loaded since the first install, for us and for the pod network; somebody else may use it by now, so it stays until the next boot.
loaded_modules() {
	inventory module | sort >"$RUN/modules-before"
	[ -s "$RUN/modules-before" ] || return 0
	cut -d ' ' -f 1 "$MODULES" | sort | comm -13 "$RUN/modules-before" - | tr '\n' ' '
}

reset() {
	if [ -s "$STATE/inventory" ]; then
		rm -f "$RUN/stuck" "$RUN/filled"
		modules=$(loaded_modules)
		stop_everything
		remove_network
		remove_leftovers
		remove_files
		reload_logind
		remove_users
		remove_packages
		restore_services
		remove_indexes /var/lib/apt/lists
		restore_sysctls
		[ -z "$modules" ] || left modules "$modules"
		if inventory unit | grep -q .; then left journal "$(inventory unit | sed 's/\.service$//' | paste -s -d ' ')"; fi
		[ ! -e "$RUN/stuck" ] || fail 'Something could not be taken away; the inventory is kept, so that the next reset goes on from here.'
	fi
	rm -rf "$STATE" "$RUN"
}
