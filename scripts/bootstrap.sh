#!/bin/sh
# What the tests of `make check` run against: a real sshd, real login shells, sudo, shellcheck, gpg, haproxy.
# As root on Debian and Ubuntu this installs what is missing; elsewhere it names the one command.
set -eu

needed='git:git curl:curl sudo:sudo zsh:zsh fish:fish csh:tcsh shellcheck:shellcheck ssh-keygen:openssh-client /usr/sbin/sshd:openssh-server gpg:gnupg /usr/sbin/haproxy:haproxy'

missing() {
	for pair in $needed; do
		command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair##*:}"
	done
}

packages=$(missing)
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "missing for the tests: $packages- install them with this system's package manager" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "missing for the tests: $packages- run: sudo apt-get install --no-install-recommends $packages" >&2
	exit 1
fi

# The tests start an sshd of their own: none shall be started by the package.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 0755 "$policy"
fi
echo "installing: $packages" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -q update >&2
# shellcheck disable=SC2086 # one word per package
apt-get -q -y install --no-install-recommends $packages >&2
