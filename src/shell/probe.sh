# Prints what one host is, one fact a line: a word, then fields parted by tabs; free text is base64. Changes nothing.
# Takes the peers to reach in $PEERS ("10.0.0.2/tcp/6443 ...") and the wanted Kubernetes release in $VERSION; $VERIFY reads every installed file. Read by parseFacts (facts.ts).
set -u

b64() { base64 | tr -d '\n'; }
fact() { printf '%s\t%s\n' "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }

# space PATH: what is free where PATH is or will be. A file system that counts no inodes has none in all.
space() {
	there=$1
	while [ ! -d "$there" ]; do there=${there%/*}; [ -n "$there" ] || there=/; done
	if [ -n "$(find -L "$there" -maxdepth 0 -writable 2>/dev/null)" ]; then writable=yes; else writable=no; fi
	inodes=$(df -Pi "$there" 2>/dev/null | awk 'NR == 2 {print ($2 + 0 > 0 ? $4 : "-")}')
	room=$(df -Pm "$there" 2>/dev/null | awk 'NR == 2 {mount = $6; for (i = 7; i <= NF; i++) mount = mount " " $i; print $4 "\t" mount}')
	[ -z "$room" ] || fact space "$1	$writable	${room%%	*}	${inodes:--}	${room#*	}"
}

machine() {
	fact now "$(date +%s)"
	fact uid "$(id -u)"
	fact hostname "$(hostname 2>/dev/null | b64)"
	fact boot "$(cat /proc/sys/kernel/random/boot_id)"
	fact kernel "$(uname -r)"
	fact machine "$(uname -m)"
	fact machine-id "$(cat /etc/machine-id 2>/dev/null)"
	# shellcheck source=/dev/null
	(. /etc/os-release 2>/dev/null && fact os "${ID:-}	${VERSION_ID:-}	${VERSION_CODENAME:-}	${ID_LIKE:-}")
	fact memory "$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
	fact cpus "$(nproc)"
	fact pid1 "$(cat /proc/1/comm)"
	fact systemd "$(systemctl --version 2>/dev/null | awk 'NR == 1 {print $2}')"
	fact container "$(systemd-detect-virt --container 2>/dev/null)"
	fact capabilities "$(awk '/^CapBnd:/ {print $2}' /proc/1/status)"
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then fact cgroup v2; else fact cgroup v1; fi
	fact cgroup-controllers "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null || awk '$4 == 1 {printf "%s ", $1}' /proc/cgroups)"
	fact disk "$(df -Pm /var/lib 2>/dev/null | awk 'NR == 2 {print $4}')"
	for place in /opt /etc/kubernetes /etc/slipway /var/lib/slipway /var/lib/containerd /var/lib/kubelet /var/lib/etcd; do space "$place"; done
	awk 'NR > 1 {print "swap\t" $1}' /proc/swaps
	awk '$3 == "swap" && $1 !~ /^#/ {print "fstab-swap\t" $1}' /etc/fstab 2>/dev/null
	for unit in chrony.service chronyd.service systemd-timesyncd.service ntp.service ntpsec.service; do
		systemctl is-active --quiet "$unit" 2>/dev/null && fact time-sync "$unit"
	done
	for key in /etc/ssh/ssh_host_*_key.pub; do
		[ -f "$key" ] && fact host-key "$(cut -d ' ' -f 1,2 <"$key")"
	done
	fact resolved "$([ -f /run/systemd/resolve/resolv.conf ] && echo yes || echo no)"
	fact nameservers "$(awk '/^nameserver/ {printf "%s ", $2}' /etc/resolv.conf 2>/dev/null)"
}

network() {
	ip -o -4 addr show scope global 2>/dev/null | awk '{print "address\t" $2 "\t" $4}'
	ip -o -4 route show default 2>/dev/null | awk 'NR == 1 {for (i = 1; i < NF; i++) if ($i == "dev") print "default-route\t" $(i + 1)}'
	for link in /sys/class/net/*; do
		fact mtu "${link##*/}	$(cat "$link/mtu" 2>/dev/null)"
	done
	ss -Hltnp 2>/dev/null | awk '{n = split($4, a, ":"); who = "-"; if (match($0, /\(\("[^"]*"/)) who = substr($0, RSTART + 3, RLENGTH - 4); print "listen\t" a[n] "\t" who}'
}

# Before the module is loaded there is nothing to try: then a machine has a table of its own, and a container the one of the machine below.
writable_conntrack() {
	size=/proc/sys/net/netfilter/nf_conntrack_max
	if [ ! -e $size ]; then
		if systemd-detect-virt --quiet --container; then echo no; else echo yes; fi
	elif [ -w $size ] && sh -c "cat $size >$size" 2>/dev/null; then
		echo yes
	else
		echo no
	fi
}

# Modules that this kernel could not load if it had to; in a container that is the machine's affair.
lacking_modules() {
	[ -e /proc/modules ] && have modprobe && ! systemd-detect-virt --quiet --container || return 0
	for module in overlay br_netfilter nf_conntrack nf_tables vxlan; do
		modprobe -n -q "$module" 2>/dev/null || fact lacking-module "$module"
	done
}

# What keeps strangers out of this host, with the networks that its rules name; nothing where everybody is let in.
firewall() {
	table=
	if have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then
		tool=ufw
	elif systemctl is-active --quiet firewalld 2>/dev/null; then
		tool=firewalld
	elif have iptables && iptables -S INPUT 2>/dev/null | awk '/^-P INPUT DROP/ {closed = 1} {last = $0} END {exit !(closed || last ~ /^-A INPUT -j (DROP|REJECT)/)}'; then
		tool=iptables
	else
		have nft && table=$(nft list chains 2>/dev/null | awk '$1 == "table" {name = $2 " " $3} /hook input/ && /policy drop/ {print name; exit}')
		[ -n "$table" ] || return 0
		tool=nftables
	fi
	# The rules of our own pod network and services let nobody into the host itself.
	# shellcheck disable=SC2086
	fact firewall "$tool	$(
		case $tool in
		ufw) ufw status ;;
		firewalld) firewall-cmd --list-all-zones ;;
		iptables) iptables -S ;;
		nftables) nft list table $table ;;
		esac 2>/dev/null | grep -v -e FLANNEL -e KUBE- -e CNI- | grep -oE '([0-9]+\.){3}[0-9]+/[0-9]+' | sort -u | head -n 100 | tr '\n' ' '
	)"
}

# Chains of other pod networks, which outlive the programs that made them.
foreign_chains() {
	{
		have nft && nft list chains
		[ -s /proc/net/ip_tables_names ] && have iptables-legacy-save && iptables-legacy-save
	} 2>/dev/null | grep -oE '(cali-|CILIUM_|WEAVE|ANTREA-|KUBE-ROUTER)[A-Za-z0-9_-]*' | sort -u | head -n 20 | while read -r chain; do fact foreign-chain "$chain"; done
}

kernel() {
	for key in net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables vm.overcommit_memory vm.panic_on_oom \
		kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes fs.inotify.max_user_instances fs.inotify.max_user_watches; do
		path=/proc/sys/$(printf '%s' "$key" | tr . /)
		[ -r "$path" ] && fact sysctl "$key	$(cat "$path")"
	done
	for module in overlay br_netfilter nf_conntrack nf_tables vxlan; do
		[ -d "/sys/module/$module" ] && fact module "$module"
	done
	# Built-in code has no /sys/module entry: its files are the proof.
	grep -qw overlay /proc/filesystems && fact module overlay
	[ -d /proc/sys/net/bridge ] && fact module br_netfilter
	[ -e /proc/sys/net/netfilter/nf_conntrack_max ] && fact module nf_conntrack
	fact writable-conntrack "$(writable_conntrack)"
	lacking_modules
}

packages() {
	# shellcheck disable=SC2016
	dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n' ca-certificates chrony conntrack containerd containerd.io curl docker.io docker-ce haproxy iptables \
		keepalived kubelet kubeadm kubectl nftables systemd-timesyncd 2>/dev/null | awk -F '\t' '$1 ~ /^[hi]i/ {print "package\t" $2 "\t" $3}'
	id etcd >/dev/null 2>&1 && fact user etcd
	# Services that packages bring: those we need, and those that would start beside ours.
	for service in chrony haproxy keepalived; do
		state=$(systemctl is-enabled "$service.service" 2>/dev/null) || true
		[ -n "$state" ] && [ "$state" != not-found ] && fact service "$service	$state	$(systemctl is-active "$service.service" 2>/dev/null)"
	done
	return 0
}

# Names only: sizes would be added up layer by layer.
images() {
	[ -S /run/containerd/containerd.sock ] && have ctr || return 0
	timeout 10 ctr -n k8s.io images ls -q 2>/dev/null | awk '!/^sha256:/ {print "image\t" $0}'
}

# What another installer left behind: Slipway never takes over such a host silently.
leftovers() {
	[ -d /etc/kubernetes/manifests ] && [ -n "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ] && fact leftover "kubeadm	/etc/kubernetes/manifests"
	[ -f /var/lib/kubelet/kubeadm-flags.env ] && fact leftover "kubeadm	/var/lib/kubelet/kubeadm-flags.env"
	[ -d /var/lib/rancher/k3s ] && fact leftover "k3s	/var/lib/rancher/k3s"
	[ -d /var/lib/rancher/rke2 ] && fact leftover "rke2	/var/lib/rancher/rke2"
	[ -d /var/lib/rancher/rke ] && fact leftover "rke	/var/lib/rancher/rke"
	[ -d /var/lib/k0s ] && fact leftover "k0s	/var/lib/k0s"
	[ -d /var/snap/microk8s ] && fact leftover "microk8s	/var/snap/microk8s"
	return 0
}

# The public part of a private key, which says whether the file holds one, and whose it is; nothing where openssl is not there to tell.
public_part() {
	grep -q -e '-----END .*PRIVATE KEY-----' "$1" || {
		echo none
		return
	}
	have openssl || return 0
	openssl pkey -in "$1" -passin pass: -pubout 2>/dev/null || echo none
}

# The names of the keys that an EncryptionConfiguration holds whole, in their order. Keys of a KMS are elsewhere.
encryption_keys() {
	awk '$1 == "-" { $1 = ""; $0 = $0 } { gsub(/["\047]/, "") }
		$1 == "name:" { name = $2 }
		$1 == "secret:" && name != "" && $2 ~ /^[A-Za-z0-9+\/]+=*$/ && length($2) >= 20 { print name; name = "" }
		$1 == "kms:" { print "kms" }' "$1"
}

# Text that holds no secret is sent whole; of files that mix a certificate with its key only the public part is.
content() {
	[ "$(stat -c %s "$1")" -lt 262144 ] || return 0
	case $1 in
	*/ca.key | */ca-next.key | */front-proxy-ca.key | */front-proxy-ca-next.key | */sa.key | */sa-next.key) public_part "$1" | b64 ;;
	*.key) return ;;
	*/encryption.yaml) encryption_keys "$1" | b64 ;;
	*/kubelet-client*.pem) sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' "$1" | b64 ;;
	/etc/kubernetes/*.conf) sed '/client-key-data:/d; /token:/d; /password:/d' "$1" | b64 ;;
	*/hosts.toml) sed '/[Aa]uthorization/d' "$1" | b64 ;;
	*) b64 <"$1" ;;
	esac
}

# A stamp names the files it vouches for: size and time tell whether they are still those that were verified. $VERIFY reads them: bits that rot
# leave both as they are. A stamp without digests, of an older Slipway, vouches by its pin, which is the digest of a single file.
is_verified() {
	[ "$(stat -c '%s	%Y' "$1" 2>/dev/null)" = "$2	$3" ] || return 1
	[ -z "${VERIFY:-}" ] || [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "${4:-${5#sha256:}}" ]
}

stamps() {
	# shellcheck disable=SC2094
	for stamp in /var/lib/slipway/stamps/*; do
		[ -f "$stamp" ] || continue
		pin=$(head -n 1 "$stamp")
		while IFS='	' read -r path size time sum; do
			case $path in
			/*) is_verified "$path" "$size" "$time" "$sum" "$pin" || fact damaged "$stamp" ;;
			esac
		done <"$stamp"
	done
}

files() {
	set -- /etc/slipway /etc/kubernetes /etc/containerd /etc/cni/net.d /opt/cni/bin /var/lib/slipway/stamps /var/lib/slipway/cluster /var/lib/kubelet/config.yaml /var/lib/kubelet/pki \
		/var/lib/kube-proxy/config.yaml /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings /etc/apt/apt.conf.d/90slipway /etc/sysctl.d/zz-slipway.conf \
		/etc/modules-load.d/slipway.conf /etc/hostname /etc/hosts /usr/local/bin/kubectl /usr/local/bin/ctr /usr/local/bin/crictl /usr/local/bin/etcdctl \
		/usr/local/bin/containerd-shim-runc-v2 /usr/local/bin/runc /etc/systemd/system/etcd.service /etc/systemd/system/containerd.service /etc/systemd/system/kube-apiserver.service \
		/etc/systemd/system/kube-controller-manager.service /etc/systemd/system/kube-scheduler.service /etc/systemd/system/kubelet.service \
		/etc/systemd/system/kube-proxy.service /etc/systemd/system/kube-apiserver-balancer.service /etc/systemd/system/kube-apiserver-vip.service /etc/cloud/cloud.cfg.d/90-slipway.cfg /etc/systemd/logind.conf.d/zz-slipway.conf /etc/systemd/system/slipway-* /run/flannel/subnet.env
	# A directory may be a link to one on another disk: with a slash behind it find looks at what it leads to.
	for path; do
		shift
		if [ -d "$path" ]; then path=$path/; fi
		set -- "$@" "$path"
	done
	find "$@" -printf '%y\t%m\t%u:%g\t%p\t%l\n' 2>/dev/null | while IFS='	' read -r type mode owner path target; do
		path=${path%/}
		case $type in
		f)
			sum=$(sha256sum "$path")
			printf 'file\t%s\t%s\t%s\t%s\t%s\n' "$mode" "$owner" "$path" "${sum%% *}" "$(content "$path")"
			;;
		l) printf 'link\t%s\t%s\t%s\n' "$owner" "$path" "$target" ;;
		d) printf 'directory\t%s\t%s\t%s\n' "$mode" "$owner" "$path" ;;
		esac
	done
	for path in /var/lib/etcd /var/lib/kubelet /var/lib/kube-proxy /var/log/kubernetes /var/lib/containerd; do
		[ -d "$path" ] && printf 'directory\t%s\t%s\n' "$(stat -L -c '%a	%U:%G' "$path")" "$path"
	done
	[ -d /var/lib/etcd/member ] && fact etcd-data yes
	stamps
}

# Whether a process runs the file that its unit names: "replaced" is a file that is no more, "other" one under another name.
program() {
	exe=$(readlink "/proc/$1/exe" 2>/dev/null) || return 0
	case $exe in
	*' (deleted)') echo replaced ;;
	"$(readlink -f "$2")") echo same ;;
	*) echo other ;;
	esac
}

units() {
	for unit in etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kube-apiserver-balancer kube-apiserver-vip; do
		state=$(TZ=UTC systemctl show "$unit.service" -p ActiveState,SubState,MainPID,NRestarts,UnitFileState,NeedDaemonReload,StateChangeTimestamp,ExecStart 2>/dev/null |
			sed 's/^ExecStart={ path=\([^ ]*\) .*/Command=\1/' | tr '\n' '\t')
		pid=$(printf '%s' "$state" | tr '\t' '\n' | sed -n 's/^MainPID=//p')
		command=$(printf '%s' "$state" | tr '\t' '\n' | sed -n 's/^Command=//p')
		digest=
		if [ "${pid:-0}" != 0 ]; then
			digest=$(tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | sed -n 's/^SLIPWAY_INPUTS=//p')
			state="${state}Program=$(program "$pid" "$command")"
		fi
		printf 'unit\t%s\t%s\t%s\n' "$unit" "$digest" "$state"
	done
}

# A datagram to a port where nobody listens is answered by ICMP, which the next write reports: that is the proof of a way.
reach_udp() {
	error=$(timeout 3 bash -c "exec 3<>/dev/udp/$1/$2; printf x >&3; sleep 0.5; printf x >&3; sleep 0.2; printf x >&3" 2>&1)
	case $error in
	*refused*) echo closed ;;
	*) echo silent ;;
	esac
}

reach_one() {
	address=${1%%/*}
	rest=${1#*/}
	port=${rest#*/}
	if [ "${rest%%/*}" = udp ]; then
		fact reach "$1	$(reach_udp "$address" "$port")"
		return
	fi
	error=$(timeout 3 bash -c ": </dev/tcp/$address/$port" 2>&1)
	case $?:$error in
	0:*) state=open ;;
	124:*) state=filtered ;;
	*refused*) state=closed ;;
	*) state=unreachable ;;
	esac
	fact reach "$1	$state"
}

# Ten at a time: each costs this host three processes, and there may be a thousand peers. What 40 s are not enough for is not told.
reach() {
	read -r from _ </proc/uptime
	# shellcheck disable=SC2086
	set -- ${PEERS:-}
	while [ $# -gt 0 ]; do
		read -r now _ </proc/uptime
		[ $((${now%.*} - ${from%.*})) -lt 40 ] || return 0
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ $# -gt 0 ] || break
			reach_one "$1" &
			shift
		done
		wait
	done
}

# Members as this member sees them: id, status, name, peer URL, client URL, learner or not. One that was founded with a name but never
# started is "started" to etcdctl; it has told nobody its client URL yet.
etcd_members() {
	pki=/etc/kubernetes/pki/etcd
	[ -d /var/lib/etcd/member ] && [ -f $pki/healthcheck-client.crt ] && have etcdctl || return 0
	ctl 8 '' member list 2>/dev/null | awk -F ', ' '{print "etcd-member\t" $1 "\t" ($5 == "" ? "unstarted" : $2) "\t" $3 "\t" $4 "\t" $6}'
	# What this member says of itself needs no quorum.
	ctl 8 '' endpoint status -w fields 2>/dev/null | awk -F '" : ' '
		{ sub(/^"/, "", $1); seen[$1] = $2 }
		END { if ("MemberID" in seen) print "etcd\t" (seen["MemberID"] == seen["Leader"] ? "leader" : "follower") "\t" seen["DBSize"] "\t" seen["DBSizeInUse"] "\t" seen["DBSizeQuota"] "\t" seen["Errors"] }'
}

# Timers of ours, and how what they start ended the last time.
timers() {
	for path in /etc/systemd/system/slipway-*.timer; do
		[ -f "$path" ] || continue
		name=${path##*/}
		fact timer "${name%.timer}	$(systemctl is-active "$name")	$(systemctl is-enabled "$name")	$(systemctl show "${name%.timer}.service" -p Result --value)"
	done
}

# Which APIs on their way out somebody asked for: of interest only before an upgrade, and the metrics of an API server are long.
deprecated() {
	[ -n "${VERSION:-}" ] && ! grep -qsF "/opt/slipway/kubernetes/$VERSION/" /etc/systemd/system/kube-apiserver.service || return 0
	k 15 get --raw /metrics 2>/dev/null | sed -n 's/^apiserver_requested_deprecated_apis{\(.*\)} 1$/deprecated\t\1/p'
}

# What the API says, on a control plane that runs: nodes, and whether the objects we applied are still as applied.
cluster() {
	config=/etc/kubernetes/admin.conf
	[ -f $config ] && have kubectl || return 0
	ready=$(loopback 5 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz 2>/dev/null)
	fact api "$([ "$ready" = ok ] && echo ready || echo down)"
	[ "$ready" = ok ] || return 0
	# Its words are kept for people: a list that was refused is no empty list.
	{
		said=$(k 15 get nodes -o 'jsonpath={range .items[*]}node{"\t"}{.metadata.name}{"\t"}{.status.nodeInfo.kubeletVersion}{"\t"}{.status.conditions[?(@.type=="Ready")].status}{"\t"}{.spec.unschedulable}{"\t"}{.metadata.labels}{"\t"}{.spec.taints}{"\t"}{.metadata.annotations.slipway/managed}{"\t"}{.status.addresses[?(@.type=="InternalIP")].address}{"\t"}{.metadata.annotations.slipway/drained}{"\t"}{.spec.podCIDR}{"\n"}{end}' 2>&1 >&3)
		code=$?
	} 3>&1
	case $code:$said in
	0:*) fact node-list read ;;
	*Unauthorized* | *orbidden*) fact node-list "refused	$(printf '%s\n' "$said" | tail -n 1 | b64)" ;;
	*) fact node-list "silent	$(printf '%s\n' "$said" | tail -n 1 | b64)" ;;
	esac
	deprecated
	for manifest in /etc/slipway/manifests/*.yaml; do
		[ -f "$manifest" ] || continue
		(
			KUBECTL_EXTERNAL_DIFF='diff -q' k 15 diff --server-side --force-conflicts --field-manager=slipway -f "$manifest" >/dev/null 2>&1
			fact manifest "$manifest	$?"
		) &
	done
	wait
}

main() {
	machine
	network
	firewall
	foreign_chains
	kernel
	packages
	images
	leftovers
	files
	reach
	etcd_members
	timers
	cluster
	# After what they were asked: of one that did not answer it tells then that it just stopped.
	units
	fact end ok
}
main
exit
