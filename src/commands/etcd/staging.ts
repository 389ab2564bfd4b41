import { heredoc } from '../../shell/heredoc.ts'
import { STAGING } from '../../resources/etcd-restore.ts'
import { PASSING_PATHS, SECRET_PATHS } from '../../resources/secrets.ts'
import { onHost } from '../../shell/script.ts'
import { quote } from '../../shell/quote.ts'

// How a backup comes to a host: three scripts, all safe to run again. Their stdin is the file, which a watchdog must not read.

const FUNCTIONS = `umask 077
digest() { sha256sum | cut -d ' ' -f 1; }
S=${STAGING}
`

const wrapped = (body: string, environment: Readonly<Record<string, string>> = {}): string =>
  onHost(body, { environment, functions: FUNCTIONS, enters: false })

/** The digest of an empty body, which S3 asks for with every request. */
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const MAKE_ROOM = 'install -d -m 0755 /var/lib/slipway\ninstall -d -m 0700 "$S"\n'

/** Takes the file from stdin, unless it is there already. */
export const receiveScript = (sha256: string): string =>
  wrapped(
    [
      MAKE_ROOM,
      `if [ -f "$S/archive" ] && [ "$(digest <"$S/archive")" = ${sha256} ]; then cat >/dev/null; exit 0; fi\n`,
      'cat >"$S/archive.part"\n',
      `[ "$(digest <"$S/archive.part")" = ${sha256} ] || fail 'the backup did not arrive whole'\n`,
      'mv -f "$S/archive.part" "$S/archive"\n',
    ].join(''),
  )

/** An object of S3-compatible storage, with everything that is needed to ask for it. */
export type Download = Readonly<{
  url: string
  region: string
  login: string
  authority?: string
  environment?: Readonly<Record<string, string>>
}>

/** Fetches the file from S3-compatible storage. The login lies on tmpfs for as long as curl runs. */
export const downloadScript = ({ url, region, login, authority, environment = {} }: Download): string =>
  wrapped(
    [
      MAKE_ROOM,
      "command -v curl >/dev/null || fail 'curl is missing: apt-get install curl ca-certificates'\n",
      'M=/run/slipway-etcd-download\nrm -rf "$M"\nmkdir -m 0700 "$M"\ntrap \'rm -rf "$M"\' EXIT\n',
      heredoc('cat >"$M/login"', login),
      authority === undefined ? '' : heredoc('cat >"$M/ca.crt"', authority),
      `curl -q -fsS -K "$M/login"${authority === undefined ? '' : ' --cacert "$M/ca.crt"'} --aws-sigv4 ${quote(`aws:amz:${region}:s3`)} -H 'x-amz-content-sha256: ${NOTHING}' --connect-timeout 10 --retry 3 --speed-limit 1024 --speed-time 60 -o "$S/archive.part" ${quote(url)}\n`,
      'mv -f "$S/archive.part" "$S/archive"\n',
    ].join(''),
    environment,
  )

/** Prints what can be known of the file without a key: its digest, its manifest, its envelope. */
export const lookScript = (): string =>
  wrapped(
    [
      `printf 'archive %s\\n' "$(digest <"$S/archive")"\n`,
      'for name in manifest envelope; do\n',
      `content=$(tar -xOf "$S/archive" "$name" | base64 -w 0)\n[ -n "$content" ] || fail "this is no backup of Slipway: it holds no $name"\n`,
      `printf '%s %s\\n' "$name" "$content"\ndone\n`,
    ].join(''),
  )

/** Checks the payload's digest, decrypts it, and prints the keys of the cluster; etcd's snapshot stays here. `size` in bytes. */
export const openScript = (key: string, payload: string, size: number): string =>
  wrapped(
    [
      "command -v openssl >/dev/null || fail 'openssl is missing: apt-get install openssl'\n",
      `free=$(df -Pk "$S" | awk 'NR == 2 {print $4}')\n`,
      `[ "$free" -ge ${Math.ceil(size / 1024) + 65536} ] || fail "$S has $((free / 1024)) MiB free; ${Math.ceil(size / 1024 / 1024) + 64} MiB are needed"\n`,
      `[ "$(tar -xOf "$S/archive" payload | digest)" = ${payload} ] || fail 'the payload is not the one that was sealed'\n`,
      'M=/run/slipway-etcd-restore\nrm -rf "$M" "$S/new"\nmkdir -m 0700 "$M"\nmkdir "$S/new"\ntrap \'rm -rf "$M" "$S/new"\' EXIT\n',
      heredoc('cat >"$M/key"', `${key}\n`),
      'tar -xOf "$S/archive" payload | openssl enc -d -aes-256-ctr -pbkdf2 -pass "file:$M/key" | tar -xz -C "$S/new" --no-same-owner\n',
      'mv -f "$S/new/etcd.db" "$S/etcd.db"\n',
      `cd "$S/new/secrets"\nfind . -type f | while read -r path; do printf 'secret %s %s\\n' "\${path#.}" "$(base64 -w 0 "$path")"; done\n`,
    ].join(''),
  )

const required = Object.values(SECRET_PATHS).flat()
const known = new Set([...required, ...PASSING_PATHS])

/** The texts of the cluster's keys by their paths, from what `openScript` printed; undefined when one is missing, or when there is anything else. */
export const parseSecrets = (output: string): Readonly<Record<string, string>> | undefined => {
  const secrets = Object.fromEntries(
    [...output.matchAll(/^secret (\S+) (\S+)$/gm)].map(([, path = '', text = '']) => [path, Buffer.from(text, 'base64').toString('utf8')]),
  )
  const whole = required.every((path) => path in secrets) && Object.keys(secrets).every((path) => known.has(path))
  return whole ? secrets : undefined
}
