# shellcheck shell=bash
# S3-compatible storage for tests: the Versity gateway over a directory, on the lab's network, with a certificate that no host knows.

# "s3" is the name of a host.
S3="$LAB_PREFIX-storage"
LAB_S3_IP=10.77.0.5
S3_VERSION=1.8.0

recipe_versitygw() {
  go_build "$2/versitygw" github.com/versity/versitygw/cmd/versitygw -ldflags "-s -w -X main.Version=v$1"
}

ensure_s3_certificate() {
  local dir="$LAB_CACHE/s3"
  openssl x509 -in "$dir/s3.crt" -noout -checkend 86400 >/dev/null 2>&1 && return
  mkdir -p "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj /CN=lab-s3 \
    -addext "subjectAltName=IP:$LAB_S3_IP" -keyout "$dir/s3.key" -out "$dir/s3.crt" 2>/dev/null
}

s3_answers() { curl -s --cacert "$LAB_CACHE/s3/s3.crt" -m 3 -o /dev/null "https://$LAB_S3_IP/"; }

# s3_up: an empty storage with the bucket "backups". Access key and secret key are those of the lab: "lab" and "lab/secret+key".
s3_up() {
  with_lock s3 component versitygw "$S3_VERSION"
  ensure_s3_certificate
  away "$S3"
  docker run -d --name "$S3" --label "$LAB_LABEL" --network "$LAB_NET" --ip "$LAB_S3_IP" --tmpfs /data \
    --volume "$BIN/versitygw:/opt/versitygw:ro" --volume "$LAB_CACHE/s3:/tls:ro" \
    --env ROOT_ACCESS_KEY=lab --env ROOT_SECRET_KEY=lab/secret+key --entrypoint /bin/sh "$LAB_PREFIX-host:bookworm" \
    -c 'mkdir /data/backups && exec /opt/versitygw/versitygw --quiet --port :443 --region lab --cert /tls/s3.crt --key /tls/s3.key posix /data' >/dev/null
  wait_for 60 'the S3 storage' s3_answers
  install -m 644 "$LAB_CACHE/s3/s3.crt" "$LAB_STATE/s3-ca.crt"
}

s3_down() { away "$S3"; }
