##### stage 1 (secrets, prepare)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
apt_candidates 'debian' '/etc/apt/sources.list.d/debian.sources'
put '/etc/slipway/apt/debian/base/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/base/4-deb.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
put '/etc/slipway/apt/debian/security/1-security.debian.org.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: http://security.debian.org/debian-security
Suites: bookworm-security
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SLIPWAY_END
apt_sources 'debian'
finish 0
begin 1
put '/etc/apt/keyrings/kubernetes-apt-keyring.asc' 0644 root:root <<'SLIPWAY_END'
-----BEGIN PGP PUBLIC KEY BLOCK-----
Version: GnuPG v1.4.5 (GNU/Linux)

mQENBGMHoXcBCADukGOEQyleViOgtkMVa7hKifP6POCTh+98xNW4TfHK/nBJN2sm
u4XaiUmtB9UuGt9jl8VxQg4hOMRf40coIwHsNwtSrc2R9v5Kgpvcv537QVIigVHH
WMNvXeoZkkoDIUljvbCEDWaEhS9R5OMYKd4AaJ+f1c8OELhEcV2dAQLLyjtnEaF/
qmREN+3Y9+5VcRZvQHeyBxCG+hdUGE740ixgnY2gSqZ/J4YeQntQ6pMUEhT6pbaE
10q2HUierj/im0V+ZUdCh46Lk/Rdfa5ZKlqYOiA2iN1coDPIdyqKavcdfPqSraKF
Lan2KLcZcgTxP+0+HfzKefvGEnZa11civbe9ABEBAAG0PmlzdjprdWJlcm5ldGVz
IE9CUyBQcm9qZWN0IDxpc3Y6a3ViZXJuZXRlc0BidWlsZC5vcGVuc3VzZS5vcmc+
iQE+BBMBCAAoBQJnFF34AhsDBQkIK2yBBgsJCAcDAgYVCAIJCgsEFgIDAQIeAQIX
gAAKCRAjRlTamilkNtOACACDK9dQ8CH2Ji9C3Q926nVMUiXdyJK1onCBrQSEBqdR
LJaT6hGx5pzxkQGgUDpS9p7LA0u920HKLwGb7yIAWtyE5TAj2CYprGgpq98sfsGC
+U5T9IrAdya/BaTAkkP6gNhfMjNaK3bOWsvuLRlluKMNch4ify+IwLqc1JLG40bj
2HnKBGYkC3m0VtQfUuPQMImSLta/NwRHJMPo8jfGyManqMMxp35/ecP2rXMfb/l1
WjFDY7h+6nqXay20ljMXkN23W8wFTdvC6lq45wwM5IBnKNR/TjNNYAIizZoHFWz1
c/ecMWWWCB2S7WbY4xI3JSCOD4XIff3ie7pc68/kgPytiQIcBBMBAgAGBQJjB6F3
AAoJEM8Lkoze1k873TQP/0t2F/jltLRQMG7VCLw7+ps5JCW5FIqu/S2i9gSdNA0E
42u+LyxjG3YxmVoVRMsxeu4kErxr8bLcA4p71W/nKeqwF9VLuXKirsBC7z2syFiL
Ndl0ARnC3ENwuMVlSCwJO0MM5NiJuLOqOGYyD1XzSfnCzkXN0JGA/bfPRS5mPfoW
0OHIRZFhqE7ED6wyWpHIKT8rXkESFwszUwW/D7o1HagX7+duLt8WkrohGbxTJ215
YanOKSqyKd+6YGzDNUoGuMNPZJ5wTrThOkTzEFZ4HjmQ16w5xmcUISnCZd4nhsbS
qN/UyV9Vu3lnkautS15E4CcjP1RRzSkT0jka62vPtAzw+PiGryM1F7svuRaEnJD5
GXzj9RCUaR6vtFVvqqo4fvbA99k4XXj+dFAXW0TRZ/g2QMePW9cdWielcr+vHF4Z
2EnsAmdvF7r5e2JCOU3N8OUodebU6ws4VgRVG9gptQgfMR0vciBbNDG2Xuk1WDk1
qtscbfm5FVL36o7dkjA0x+TYCtqZIr4x3mmfAYFUqzxpfyXbSHqUJR2CoWxlyz72
XnJ7UEo/0UbgzGzscxLPDyJHMM5Dn/Ni9FVTVKlALHnFOYYSTluoYACF1DMt7NJ3
oyA0MELL0JQzEinixqxpZ1taOmVR/8pQVrqstqwqsp3RABaeZ80JbigUC29zJUVf
=Eplj
-----END PGP PUBLIC KEY BLOCK-----
SLIPWAY_END
apt_candidates 'kubernetes' '/etc/apt/sources.list.d/kubernetes.sources'
put '/etc/slipway/apt/kubernetes/kubernetes/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
put '/etc/slipway/apt/kubernetes/kubernetes/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
put '/etc/slipway/apt/kubernetes/kubernetes/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/kubernetes/core:/stable:/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
SLIPWAY_END
apt_sources 'kubernetes'
finish 1
begin 2
put '/etc/apt/keyrings/docker.asc' 0644 root:root <<'SLIPWAY_END'
-----BEGIN PGP PUBLIC KEY BLOCK-----

mQINBFit2ioBEADhWpZ8/wvZ6hUTiXOwQHXMAlaFHcPH9hAtr4F1y2+OYdbtMuth
lqqwp028AqyY+PRfVMtSYMbjuQuu5byyKR01BbqYhuS3jtqQmljZ/bJvXqnmiVXh
38UuLa+z077PxyxQhu5BbqntTPQMfiyqEiU+BKbq2WmANUKQf+1AmZY/IruOXbnq
L4C1+gJ8vfmXQt99npCaxEjaNRVYfOS8QcixNzHUYnb6emjlANyEVlZzeqo7XKl7
UrwV5inawTSzWNvtjEjj4nJL8NsLwscpLPQUhTQ+7BbQXAwAmeHCUTQIvvWXqw0N
cmhh4HgeQscQHYgOJjjDVfoY5MucvglbIgCqfzAHW9jxmRL4qbMZj+b1XoePEtht
ku4bIQN1X5P07fNWzlgaRL5Z4POXDDZTlIQ/El58j9kp4bnWRCJW0lya+f8ocodo
vZZ+Doi+fy4D5ZGrL4XEcIQP/Lv5uFyf+kQtl/94VFYVJOleAv8W92KdgDkhTcTD
G7c0tIkVEKNUq48b3aQ64NOZQW7fVjfoKwEZdOqPE72Pa45jrZzvUFxSpdiNk2tZ
XYukHjlxxEgBdC/J3cMMNRE1F4NCA3ApfV1Y7/hTeOnmDuDYwr9/obA8t016Yljj
q5rdkywPf4JF8mXUW5eCN1vAFHxeg9ZWemhBtQmGxXnw9M+z6hWwc6ahmwARAQAB
tCtEb2NrZXIgUmVsZWFzZSAoQ0UgZGViKSA8ZG9ja2VyQGRvY2tlci5jb20+iQI3
BBMBCgAhBQJYrefAAhsvBQsJCAcDBRUKCQgLBRYCAwEAAh4BAheAAAoJEI2BgDwO
v82IsskP/iQZo68flDQmNvn8X5XTd6RRaUH33kXYXquT6NkHJciS7E2gTJmqvMqd
tI4mNYHCSEYxI5qrcYV5YqX9P6+Ko+vozo4nseUQLPH/ATQ4qL0Zok+1jkag3Lgk
jonyUf9bwtWxFp05HC3GMHPhhcUSexCxQLQvnFWXD2sWLKivHp2fT8QbRGeZ+d3m
6fqcd5Fu7pxsqm0EUDK5NL+nPIgYhN+auTrhgzhK1CShfGccM/wfRlei9Utz6p9P
XRKIlWnXtT4qNGZNTN0tR+NLG/6Bqd8OYBaFAUcue/w1VW6JQ2VGYZHnZu9S8LMc
FYBa5Ig9PxwGQOgq6RDKDbV+PqTQT5EFMeR1mrjckk4DQJjbxeMZbiNMG5kGECA8
g383P3elhn03WGbEEa4MNc3Z4+7c236QI3xWJfNPdUbXRaAwhy/6rTSFbzwKB0Jm
ebwzQfwjQY6f55MiI/RqDCyuPj3r3jyVRkK86pQKBAJwFHyqj9KaKXMZjfVnowLh
9svIGfNbGHpucATqREvUHuQbNnqkCx8VVhtYkhDb9fEP2xBu5VvHbR+3nfVhMut5
G34Ct5RS7Jt6LIfFdtcn8CaSas/l1HbiGeRgc70X/9aYx/V/CEJv0lIe8gP6uDoW
FPIZ7d6vH+Vro6xuWEGiuMaiznap2KhZmpkgfupyFmplh0s6knymuQINBFit2ioB
EADneL9S9m4vhU3blaRjVUUyJ7b/qTjcSylvCH5XUE6R2k+ckEZjfAMZPLpO+/tF
M2JIJMD4SifKuS3xck9KtZGCufGmcwiLQRzeHF7vJUKrLD5RTkNi23ydvWZgPjtx
Q+DTT1Zcn7BrQFY6FgnRoUVIxwtdw1bMY/89rsFgS5wwuMESd3Q2RYgb7EOFOpnu
w6da7WakWf4IhnF5nsNYGDVaIHzpiqCl+uTbf1epCjrOlIzkZ3Z3Yk5CM/TiFzPk
z2lLz89cpD8U+NtCsfagWWfjd2U3jDapgH+7nQnCEWpROtzaKHG6lA3pXdix5zG8
eRc6/0IbUSWvfjKxLLPfNeCS2pCL3IeEI5nothEEYdQH6szpLog79xB9dVnJyKJb
VfxXnseoYqVrRz2VVbUI5Blwm6B40E3eGVfUQWiux54DspyVMMk41Mx7QJ3iynIa
1N4ZAqVMAEruyXTRTxc9XW0tYhDMA/1GYvz0EmFpm8LzTHA6sFVtPm/ZlNCX6P1X
zJwrv7DSQKD6GGlBQUX+OeEJ8tTkkf8QTJSPUdh8P8YxDFS5EOGAvhhpMBYD42kQ
pqXjEC+XcycTvGI7impgv9PDY1RCC1zkBjKPa120rNhv/hkVk/YhuGoajoHyy4h7
ZQopdcMtpN2dgmhEegny9JCSwxfQmQ0zK0g7m6SHiKMwjwARAQABiQQ+BBgBCAAJ
BQJYrdoqAhsCAikJEI2BgDwOv82IwV0gBBkBCAAGBQJYrdoqAAoJEH6gqcPyc/zY
1WAP/2wJ+R0gE6qsce3rjaIz58PJmc8goKrir5hnElWhPgbq7cYIsW5qiFyLhkdp
YcMmhD9mRiPpQn6Ya2w3e3B8zfIVKipbMBnke/ytZ9M7qHmDCcjoiSmwEXN3wKYI
mD9VHONsl/CG1rU9Isw1jtB5g1YxuBA7M/m36XN6x2u+NtNMDB9P56yc4gfsZVES
KA9v+yY2/l45L8d/WUkUi0YXomn6hyBGI7JrBLq0CX37GEYP6O9rrKipfz73XfO7
JIGzOKZlljb/D9RX/g7nRbCn+3EtH7xnk+TK/50euEKw8SMUg147sJTcpQmv6UzZ
cM4JgL0HbHVCojV4C/plELwMddALOFeYQzTif6sMRPf+3DSj8frbInjChC3yOLy0
6br92KFom17EIj2CAcoeq7UPhi2oouYBwPxh5ytdehJkoo+sN7RIWua6P2WSmon5
U888cSylXC0+ADFdgLX9K2zrDVYUG1vo8CX0vzxFBaHwN6Px26fhIT1/hYUHQR1z
VfNDcyQmXqkOnZvvoMfz/Q0s9BhFJ/zU6AgQbIZE/hm1spsfgvtsD1frZfygXJ9f
irP+MSAI80xHSf91qSRZOj4Pl3ZJNbq4yYxv0b1pkMqeGdjdCYhLU+LZ4wbQmpCk
SVe2prlLureigXtmZfkqevRz7FrIZiu9ky8wnCAPwC7/zmS18rgP/17bOtL4/iIz
QhxAAoAMWVrGyJivSkjhSGx1uCojsWfsTAm11P7jsruIL61ZzMUVE2aM3Pmj5G+W
9AcZ58Em+1WsVnAXdUR//bMmhyr8wL/G1YO1V3JEJTRdxsSxdYa4deGBBY/Adpsw
24jxhOJR+lsJpqIUeb999+R8euDhRHG9eFO7DRu6weatUJ6suupoDTRWtr/4yGqe
dKxV3qQhNLSnaAzqW/1nA3iUB4k7kCaKZxhdhDbClf9P37qaRW467BLCVO/coL3y
Vm50dwdrNtKpMBh3ZpbB1uJvgi9mXtyBOMJ3v8RZeDzFiG8HdCtg9RvIt/AIFoHR
H3S+U79NT6i0KPzLImDfs8T7RlpyuMc4Ufs8ggyg9v3Ae6cN3eQyxcK3w0cbBwsh
/nQNfsA6uu+9H7NhbehBMhYnpNZyrHzCmzyXkauwRAqoCbGCNykTRwsur9gS41TQ
M8ssD1jFheOJf3hODnkKU+HKjvMROl1DK7zdmLdNzA1cvtZH/nCC9KPj1z8QC47S
xx+dTZSx4ONAhwbS/LN3PoKtn8LPjY9NP9uDWI+TWYquS2U+KHDrBDlsgozDbs/O
jCxcpDzNmXpWQHEtHU7649OXHP7UeNST1mCUCH5qdank0V1iejF6/CfTFU4MfcrG
YT90qFF93M3v01BbxP+EIY2/9tiIPbrd
=0YYh
-----END PGP PUBLIC KEY BLOCK-----
SLIPWAY_END
apt_candidates 'docker' '/etc/apt/sources.list.d/docker.sources'
put '/etc/slipway/apt/docker/docker/1-mirrors.aliyun.com.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.aliyun.com/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/2-mirrors.tuna.tsinghua.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
put '/etc/slipway/apt/docker/docker/3-mirrors.ustc.edu.cn.sources' 0644 root:root <<'SLIPWAY_END'
Types: deb
URIs: https://mirrors.ustc.edu.cn/docker-ce/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SLIPWAY_END
apt_sources 'docker'
finish 2
begin 3
packages 'ca-certificates' 'conntrack' 'curl' 'iptables' 'nftables'
finish 3
begin 4
keep_modules
put '/etc/modules-load.d/slipway.conf' 0644 root:root <<'SLIPWAY_END'
overlay
br_netfilter
nf_conntrack
SLIPWAY_END
load overlay br_netfilter nf_conntrack
finish 4
begin 5
keep_sysctls vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables fs.inotify.max_user_instances fs.inotify.max_user_watches
put '/etc/sysctl.d/zz-slipway.conf' 0644 root:root <<'SLIPWAY_END'
vm.overcommit_memory = 1
vm.panic_on_oom = 0
kernel.panic = 10
kernel.panic_on_oops = 1
kernel.keys.root_maxkeys = 1000000
kernel.keys.root_maxbytes = 25000000
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
SLIPWAY_END
sysctl -q -e -p /etc/sysctl.d/zz-slipway.conf
finish 5
begin 6
parent '/opt/slipway/etcd/3.6.14'
stage=$STATE/fetch/stage
rm -rf "$stage"
install -d -m 0700 "$stage"
fetch sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33 "$stage/download" 'https://files.m.daocloud.io/github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz'
mkdir "$stage"/unpacked
tar -xzf "$stage"/download -C "$stage"/unpacked --no-same-owner -- 'etcd-v3.6.14-linux-amd64/etcd' 'etcd-v3.6.14-linux-amd64/etcdctl' 'etcd-v3.6.14-linux-amd64/etcdutl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcd' "$stage"/'etcd'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdctl' "$stage"/'etcdctl'
mv "$stage"/unpacked/'etcd-v3.6.14-linux-amd64/etcdutl' "$stage"/'etcdutl'
used=sha256:744a36ca6f09a39813e3ded2fc0ed8033b9b9d91f6c19a33940d31a75d719c33
chown root:root "$stage"/'etcd'
chmod 0755 "$stage"/'etcd'
sync "$stage"/'etcd'
remember file '/opt/slipway/etcd/3.6.14/etcd'
mv -fT "$stage"/'etcd' '/opt/slipway/etcd/3.6.14/etcd'
chown root:root "$stage"/'etcdctl'
chmod 0755 "$stage"/'etcdctl'
sync "$stage"/'etcdctl'
remember file '/opt/slipway/etcd/3.6.14/etcdctl'
mv -fT "$stage"/'etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
chown root:root "$stage"/'etcdutl'
chmod 0755 "$stage"/'etcdutl'
sync "$stage"/'etcdutl'
remember file '/opt/slipway/etcd/3.6.14/etcdutl'
mv -fT "$stage"/'etcdutl' '/opt/slipway/etcd/3.6.14/etcdutl'
sync '/opt/slipway/etcd/3.6.14'
rm -rf "$stage"
stamp 'etcd-3.6.14-etcd' "$used" '/opt/slipway/etcd/3.6.14/etcd' '/opt/slipway/etcd/3.6.14/etcdctl' '/opt/slipway/etcd/3.6.14/etcdutl'
finish 6
}
main; exit

##### stage 2 (etcd)
# (here stand src/engine/*.sh)

main() {
enter
begin 0
id 'etcd' >/dev/null 2>&1 || {
	remember user 'etcd'
	useradd --system --user-group --home-dir '/var/lib/etcd' --no-create-home --shell /usr/sbin/nologin 'etcd'
}
finish 0
begin 1
directory '/var/lib/etcd' 0700 etcd:etcd
finish 1
begin 2
link '/usr/local/bin/etcdctl' '/opt/slipway/etcd/3.6.14/etcdctl'
finish 2
begin 3
put /etc/kubernetes/pki/etcd/ca.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/ca.crt is drawn while applying)
SLIPWAY_END
finish 3
begin 4
put /etc/kubernetes/pki/etcd/server.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/server.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/server.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-server 0600 root:root <<'SLIPWAY_END'
1da6a11e603f718643424e46d9f06562181d38bdad73fda58db7e09de3a00ac6 754893a1c6946ada552afbe68bb9a31e2b327cd4b45d2a340160c7c479e38bdb
SLIPWAY_END
finish 4
begin 5
put /etc/kubernetes/pki/etcd/peer.key 0600 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/peer.crt 0644 etcd:etcd <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/peer.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-peer 0600 root:root <<'SLIPWAY_END'
80b9d7202308e1ca66970cb8ea85f64286e92a91493ae9800dad2a0e3f3de747 fd5014d7dfd07914a788139cdb711636a821ea96c4089682b89835ecb41e46fc
SLIPWAY_END
finish 5
begin 6
put /etc/kubernetes/pki/etcd/healthcheck-client.key 0600 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.key is drawn while applying)
SLIPWAY_END
put /etc/kubernetes/pki/etcd/healthcheck-client.crt 0644 root:root <<'SLIPWAY_END'
(the content of /etc/kubernetes/pki/etcd/healthcheck-client.crt is drawn while applying)
SLIPWAY_END
put /etc/slipway/pairs/etc-kubernetes-pki-etcd-healthcheck-client 0600 root:root <<'SLIPWAY_END'
a9abbd8821091188392d210fd0caec6ef60d603e7a4968ee302736d976e1c6e5 7bedeffa3de9566012c0eb4753ea40fd6843b1f7288b0d5f95feaad2c6cca57d
SLIPWAY_END
finish 6
begin 7
put '/etc/slipway/etcd-bootstrap.env' 0644 root:root <<'SLIPWAY_END'
SLIPWAY_BOOTSTRAP=--initial-cluster=e1=https://10.0.0.1:2380,e2=https://10.0.0.2:2380,e3=https://10.0.0.3:2380 --initial-cluster-token=apart --initial-cluster-state=new
SLIPWAY_END
finish 7
begin 8
unit_file etcd <<'SLIPWAY_END'
[Unit]
Description=etcd key-value store of Kubernetes
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
EnvironmentFile=-/etc/slipway/units/etcd.env
EnvironmentFile=-/etc/slipway/etcd-bootstrap.env
ExecStart=/opt/slipway/etcd/3.6.14/etcd \
  --name=e1 \
  --data-dir=/var/lib/etcd \
  --listen-peer-urls=https://10.0.0.1:2380 \
  --initial-advertise-peer-urls=https://10.0.0.1:2380 \
  --listen-client-urls=https://10.0.0.1:2379,https://127.0.0.1:2379 \
  --advertise-client-urls=https://10.0.0.1:2379 \
  --listen-metrics-urls=http://127.0.0.1:2381 \
  --cert-file=/etc/kubernetes/pki/etcd/server.crt \
  --key-file=/etc/kubernetes/pki/etcd/server.key \
  --client-cert-auth=true \
  --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt \
  --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt \
  --peer-key-file=/etc/kubernetes/pki/etcd/peer.key \
  --peer-client-cert-auth=true \
  --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt \
  --feature-gates=InitialCorruptCheck=true \
  --watch-progress-notify-interval=5s \
  --auto-compaction-retention=8 \
  --quota-backend-bytes=2147483648 \
  $SLIPWAY_BOOTSTRAP
Restart=always
RestartSec=2
TimeoutStartSec=300
LimitNOFILE=1048576
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
SLIPWAY_END
ready() {
curl -fsS --max-time 2 -o /dev/null http://127.0.0.1:2381/readyz
}
start 'etcd' 180 ready '/etc/systemd/system/etcd.service' '/etc/kubernetes/pki/etcd/ca.crt' '/etc/kubernetes/pki/etcd/server.crt' '/etc/kubernetes/pki/etcd/peer.crt'
finish 8
}
main; exit
