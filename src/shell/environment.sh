# shellcheck disable=SC3043 # every sh of Debian and Ubuntu has `local` (policy 10.4)
# What every text that runs on a host begins with: the same surroundings, whatever the login brings (/etc/environment, profiles, root's own files).
# kubectl would keep its cache in root's home, and take defaults for its flags from root's ~/.kube/kuberc.
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin KUBECACHEDIR=/run/slipway/kubectl KUBERC=off
# A proxy comes from cluster.yml alone: one that the host's environment names would be asked for 127.0.0.1 and for the other members too.
unset http_proxy https_proxy ftp_proxy all_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY TAR_OPTIONS
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
# etcdctl refuses a flag that a variable names as well.
# shellcheck disable=SC2046 # one word a name
unset $(env | sed -n 's/^\(ETCDCTL_[A-Z_]*\)=.*/\1/p')

# loopback SECONDS ARGUMENT...: curl to an address of this host, never through a proxy. -q stands first, else ~/.curlrc is read.
loopback() { curl -q -fsS --noproxy '*' --max-time "$@"; }

# k SECONDS ARGUMENT...: kubectl as administrator on a control plane, at most so long.
k() {
	local k_seconds
	k_seconds=$1
	shift
	timeout "$((k_seconds + 10))" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout="${k_seconds}s" "$@"
}

# ctl SECONDS ENDPOINTS ARGUMENT...: etcdctl with the certificate that every member holds, at most so long; '' asks the member on this host.
ctl() {
	local ctl_seconds ctl_endpoints ctl_pki
	ctl_seconds=$1
	ctl_endpoints=${2:-https://127.0.0.1:2379}
	ctl_pki=/etc/kubernetes/pki/etcd
	shift 2
	timeout "$((ctl_seconds + 10))" etcdctl --endpoints="$ctl_endpoints" --cacert=$ctl_pki/ca.crt --cert=$ctl_pki/healthcheck-client.crt \
		--key=$ctl_pki/healthcheck-client.key --command-timeout="${ctl_seconds}s" "$@"
}
