# shellcheck shell=bash
# The lab's CA, the mirror's certificates, and the operator's ssh key: made once, kept in the cache.

PKI="$LAB_CACHE/pki"
MIRROR_NAMES=(
  mirrors.aliyun.com files.m.daocloud.io m.daocloud.io k8s.m.daocloud.io docker.m.daocloud.io
  ghcr.m.daocloud.io quay.m.daocloud.io gcr.m.daocloud.io registry.cn-hangzhou.aliyuncs.com registry.aliyuncs.com
  mirrors.tuna.tsinghua.edu.cn mirrors.ustc.edu.cn deb.debian.org security.debian.org kubekey.pek3b.qingstor.com
)

# issue NAME DAYS-ARGS...: a server certificate for all the names the mirror plays.
issue() {
  local name=$1
  shift
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=slipway lab mirror' \
    -keyout "$PKI/$name.key" -out "$PKI/$name.csr" 2>/dev/null
  openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial "$@" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' \
      "$(printf 'DNS:%s,' "${MIRROR_NAMES[@]}")IP:$LAB_MIRROR_IP") -out "$PKI/$name.crt" 2>/dev/null
}

ensure_pki() {
  local names
  names=$(printf '%s\n' "${MIRROR_NAMES[@]}")
  mkdir -p "$PKI" "$LAB_CACHE/ssh"
  chmod 700 "$PKI" "$LAB_CACHE/ssh"
  [ -s "$LAB_CACHE/ssh/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C slipway-lab -f "$LAB_CACHE/ssh/id_ed25519"
  if [ ! -s "$PKI/ca.crt" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=slipway lab CA' \
      -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
      -keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
  fi
  if [ "$(cat "$PKI/names" 2>/dev/null)" != "$names" ]; then
    issue server -days 3650
    # For the fault "expired-cert": it was good for one day, long ago.
    rm -rf "$PKI/ca-db"
    mkdir -p "$PKI/ca-db"
    : >"$PKI/ca-db/index.txt"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=slipway lab mirror' \
      -keyout "$PKI/expired.key" -out "$PKI/expired.csr" 2>/dev/null
    printf '%s\n' '[ca]' 'default_ca=lab' '[lab]' "database=$PKI/ca-db/index.txt" "new_certs_dir=$PKI/ca-db" 'rand_serial=yes' \
      'default_md=sha256' 'policy=any' 'unique_subject=no' '[any]' 'commonName=supplied' '[ext]' \
      "subjectAltName=$(printf 'DNS:%s,' "${MIRROR_NAMES[@]}")IP:$LAB_MIRROR_IP" >"$PKI/ca-db/ca.cnf"
    openssl ca -batch -notext -config "$PKI/ca-db/ca.cnf" -extensions ext -startdate 20200101000000Z -enddate 20200102000000Z \
      -cert "$PKI/ca.crt" -keyfile "$PKI/ca.key" -in "$PKI/expired.csr" -out "$PKI/expired.crt" 2>/dev/null \
      || die 'the expired certificate was not made'
    printf '%s\n' "$names" >"$PKI/names"
  fi
}
