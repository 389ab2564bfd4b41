import type { Config } from '../../config/schema.ts'
import { ENVIRONMENT } from '../../shell/texts.ts'
import { quote } from '../../shell/quote.ts'
import type { Release } from '../../releases/types.ts'
import { readReference } from '../../images/reference.ts'
import { carriersFrom } from '../../mirrors/carriers.ts'
import { MIRRORS, mirrorOf } from '../../mirrors/index.ts'
import { ordersOf, type Orders } from '../../mirrors/sources.ts'
import type { AptSource, Mirror, Os } from '../../mirrors/types.ts'

export type ProbeKind = keyof Orders

/**
 * One question to one provider: a URL that has to answer if the provider is to be of use for this kind of thing. `holds`: a text that the
 * answer must hold, where only that tells whether it has this version.
 */
export type Probe = Readonly<{ kind: ProbeKind; provider: string; url: string; answers: readonly number[]; holds?: string }>

/** What a host found: HTTP status (0: no answer), bytes, seconds to the first byte and in all. */
export type Found = Readonly<{ probe: Probe; status: number; bytes: number; firstByte: number; seconds: number; error: string }>

const KINDS: readonly ProbeKind[] = ['base', 'kubernetes', 'docker', 'files', 'images']

const root = ({ uri, suites }: AptSource): string => uri.replace(/\/$/, '') + (suites[0] === '/' ? '' : `/dists/${suites[0]}`)

/** Debian's archive is whole or it is not there; the other repositories lag, and their lists say what they have. */
const aptQuestion = (kind: 'base' | 'kubernetes' | 'docker', mirror: Mirror, release: Release, os: Os) => {
  const source = mirror.apt(kind === 'kubernetes' ? { kind, minor: release.minor } : { kind }, os)
  if (!source) return undefined
  if (kind === 'base') return { url: `${root(source)}/InRelease` }
  if (kind === 'kubernetes') return { url: `${root(source)}/Packages`, holds: `Version: ${release.kubernetes.slice(1)}-` }
  return { url: `${root(source)}/stable/binary-${os.arch}/Packages`, holds: `Version: ${release.containerd}-` }
}

/** What to ask one provider, so that the answer says whether it has this version; undefined for what it never carries. */
const question = (kind: ProbeKind, mirror: Mirror, release: Release, os: Os): Pick<Probe, 'url' | 'holds'> | undefined => {
  if (kind === 'files') {
    const url = mirror.file(`dl.k8s.io/release/${release.kubernetes}/bin/linux/${os.arch}/kubelet`)
    return url === undefined ? undefined : { url }
  }
  if (kind !== 'images') return aptQuestion(kind, mirror, release, os)
  const base = carriersFrom([mirror])(release.images.pause)[0]?.bases[0]
  return base === undefined ? undefined : { url: `${base}/manifests/${readReference(release.images.pause)?.tag ?? 'latest'}` }
}

/** Providers asked for a kind: every one we know, the user's own first. Upstream only where it is configured, or with `all`. */
const providersFor = (kind: ProbeKind, mirrors: Config['mirrors'], all: boolean): string[] => {
  const configured = ordersOf(mirrors)[kind]
  const known = Object.keys(MIRRORS).filter((name) => name !== 'upstream' || all)
  return [...new Set([...configured, ...known])]
}

/** What `mirrors test` asks from a host. */
export const probesFor = (mirrors: Config['mirrors'], release: Release, os: Os, all: boolean): readonly Probe[] =>
  KINDS.flatMap((kind) =>
    providersFor(kind, mirrors, all).flatMap((provider) => {
      const asked = question(kind, mirrorOf(provider), release, os)
      return asked === undefined ? [] : [{ kind, provider, ...asked, answers: [200, 206] }]
    }),
  )

// As commands/registry.ts asks; without it a registry says 404 to an image it has.
const MANIFESTS =
  'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

// One small request each: enough to see the speed, too little to be counted as a download.
const SAMPLE = 512 * 1024

/**
 * The script that asks them, one after the other, one line each. A host that has no curl yet asks with apt's own helper,
 * and only for small files. `exports` names the proxy.
 */
export const probeScript = (probes: readonly Probe[], exports = ''): string => `${ENVIRONMENT}${exports}
dead=' '
types='${MANIFESTS}'

# token_for URL: an anonymous token, where the registry wants one (distribution spec, token authentication).
token_for() {
	challenge=$(curl -q -sI --proto '=http,https' --connect-timeout 5 --max-time 20 -A slipway -H "Accept: $types" "$1" 2>/dev/null | tr -d '\\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p' | head -n 1)
	[ -n "$challenge" ] || return 0
	field() { printf '%s' "$challenge" | tr ',' '\\n' | sed -n "s/.*$1=//p" | tr -d '"' | head -n 1; }
	token=$(curl -q -fsSL -G --proto '=http,https' --connect-timeout 5 --max-time 20 -A slipway --data-urlencode "service=$(field service)" --data-urlencode "scope=$(field scope)" "$(field realm)" 2>/dev/null |
		tr -d ' \\n\\t' | tr ',{}' '\\n\\n\\n' | sed -n 's/^"\\(access_token\\|token\\)":"\\([^"]*\\)"$/\\2/p' | head -n 1)
	[ -z "$token" ] || header="Authorization: Bearer $token"
}

# has TEXT: whether what came holds it; says so instead of an answer when it does not.
has() {
	[ -n "$1" ] && [ -s "$file" ] && ! grep -qF -- "$1" "$file" || return 0
	printf '0\\t0\\t0\\t0'
	echo "not this version (no $1)" >"$error"
	return 1
}

# ask URL KIND TEXT
ask() {
	host=\${1#*://}
	host=\${host%%/*}
	case $dead in *" $host "*)
		printf '0\\t0\\t0\\t0\\tno answer before\\n'
		return
		;;
	esac
	if command -v curl >/dev/null; then
		header=
		[ "$2" != images ] || token_for "$1"
		if [ -n "$3" ]; then range=; else range=0-${SAMPLE - 1}; fi
		said=$(curl -q -sSL --proto '=http,https' --max-redirs 5 --connect-timeout 5 --max-time 20 \${range:+-r $range} -A slipway -o "$file" \${header:+-H "$header"} -H "Accept: $types" \\
			-w '%{http_code}\\t%{size_download}\\t%{time_starttransfer}\\t%{time_total}' "$1" 2>"$error") || true
		has "$3" && printf '%s' "$said"
	elif [ "$2" != files ] && [ "$2" != images ]; then
		began=$(cut -d ' ' -f 1 /proc/uptime)
		code=0
		timeout 20 /usr/lib/apt/apt-helper -o Acquire::Retries=0 -o Acquire::http::Timeout=5 -o Acquire::https::Timeout=5 download-file "$1" "$file" >"$error" 2>&1 && code=200
		has "$3" && printf '%s\\t%s\\t0\\t%s' "$code" "$(stat -c %s "$file" 2>/dev/null || echo 0)" "$(echo "$began $(cut -d ' ' -f 1 /proc/uptime)" | awk '{print $2 - $1}')"
	else
		printf '0\\t0\\t0\\t0'
		echo 'curl is not installed yet' >"$error"
	fi
	rm -f "$file"
	grep -q -e 'Failed to connect' -e 'Could not resolve' "$error" && dead="$dead$host "
	printf '\\t%s\\n' "$(sed 's/^curl: ([0-9]*) //; s/^[EW]: //' "$error" | tr '\\t' ' ' | head -n 1)"
}
main() {
	error=$(mktemp)
	file=$(mktemp)
	trap 'rm -f "$error" "$file"' EXIT
	${probes.map(({ kind, url, holds = '' }, index) => `printf '%s\\t' ${index}; ask ${quote(url)} ${kind} ${quote(holds)}`).join('\n\t')}
}
main; exit
`

/** Reads what the script printed. */
export const parseProbes = (output: string, probes: readonly Probe[]): readonly Found[] =>
  output.split('\n').flatMap((line) => {
    const [index, status, bytes, firstByte, seconds, error = ''] = line.split('\t')
    const probe = line === '' ? undefined : probes[Number(index)]
    if (!probe) return []
    return [{ probe, status: Number(status) || 0, bytes: Number(bytes), firstByte: Number(firstByte), seconds: Number(seconds), error }]
  })

/** What all hosts together found about one provider for one kind of thing. */
export type Verdict = Readonly<{
  kind: ProbeKind
  provider: string
  url: string
  reached: number
  asked: number
  seconds: number
  bytesPerSecond: number
  why: string
}>

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** The verdicts of a list of what was found, in the order of the probes. */
export const judge = (found: readonly Found[]): readonly Verdict[] => {
  const groups = Map.groupBy(found, ({ probe: { kind, provider } }) => `${kind} ${provider}`)
  return [...groups.values()].flatMap((answers): Verdict[] => {
    const [first] = answers
    if (!first) return []
    const good = answers.filter(({ probe, status }) => probe.answers.includes(status))
    const bad = answers.find(({ probe, status }) => !probe.answers.includes(status))
    const { kind, provider, url } = first.probe
    return [
      {
        kind,
        provider,
        url,
        reached: good.length,
        asked: answers.length,
        seconds: mean(good.map(({ seconds }) => seconds)),
        bytesPerSecond: mean(good.map(({ bytes, seconds }) => (seconds > 0 ? bytes / seconds : 0))),
        why: bad === undefined ? '' : bad.status === 0 ? bad.error || 'no answer' : `HTTP ${bad.status}`,
      },
    ]
  })
}

/** The order to configure: providers that every host reached, quickest first; images as configured. */
export const suggest = (verdicts: readonly Verdict[]): Readonly<Partial<Record<ProbeKind, readonly string[]>>> =>
  Object.fromEntries(
    KINDS.map((kind) => {
      const usable = verdicts.filter((one) => one.kind === kind && one.reached === one.asked && one.asked > 0)
      // Images in the order asked: a mirror that keeps digests and carries everything goes before a quick one.
      const quick = (one: Verdict): number => (kind === 'images' ? 0 : kind === 'files' ? -one.bytesPerSecond : one.seconds)
      return [kind, usable.toSorted((a, b) => quick(a) - quick(b)).map(({ provider }) => provider)] as const
    }).filter(([, providers]) => providers.length > 0),
  )
