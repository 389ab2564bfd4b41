import type { Config } from '../config/schema.ts'
import { quote } from '../hosts/sh.ts'
import type { Release } from '../releases/types.ts'
import { MIRRORS, mirrorOf } from './index.ts'
import { ordersOf, type Orders } from './ladder.ts'
import type { AptRepo, AptSource, Mirror, Os } from './types.ts'

export type ProbeKind = keyof Orders

/** One question to one provider: a URL that has to answer if the provider is to be of use for this kind of thing. */
export type Probe = Readonly<{ kind: ProbeKind; provider: string; url: string; answers: readonly number[] }>

/** What a host found: HTTP status (0: no answer), bytes, seconds to the first byte and in all. */
export type Found = Readonly<{ probe: Probe; status: number; bytes: number; firstByte: number; seconds: number; error: string }>

const KINDS: readonly ProbeKind[] = ['base', 'kubernetes', 'docker', 'files', 'images']

const inRelease = ({ uri, suites }: AptSource): string =>
  suites[0] === '/' ? `${uri.replace(/\/$/, '')}/InRelease` : `${uri.replace(/\/$/, '')}/dists/${suites[0]}/InRelease`

const urlFor = (kind: ProbeKind, mirror: Mirror, release: Release, os: Os): string | undefined => {
  if (kind === 'files') return mirror.file(`dl.k8s.io/release/${release.kubernetes}/bin/linux/${os.arch}/kubelet`)
  if (kind === 'images') {
    const endpoint = mirror.endpoint('registry.k8s.io')
    return endpoint && `${new URL(endpoint.url).origin}/v2/`
  }
  const repo: AptRepo = kind === 'kubernetes' ? { kind, minor: release.minor } : { kind }
  const source = mirror.apt(repo, os)
  return source && inRelease(source)
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
      const url = urlFor(kind, mirrorOf(provider), release, os)
      return url === undefined ? [] : [{ kind, provider, url, answers: kind === 'images' ? [200, 401] : [200, 206] }]
    }),
  )

// One small request each: enough to see the speed, too little to be counted as a download.
const SAMPLE = 512 * 1024

/**
 * The script that asks them, one after the other, one line each. A host that has no curl yet asks with apt's own helper,
 * and only for small files.
 */
export const probeScript = (probes: readonly Probe[]): string => `
dead=' '
ask() {
	host=\${2#*://}
	host=\${host%%/*}
	case $dead in *" $host "*)
		printf '0\\t0\\t0\\t0\\tno answer before\\n'
		return
		;;
	esac
	if command -v curl >/dev/null; then
		curl -sSL --proto '=http,https' --max-redirs 5 --connect-timeout 5 --max-time 20 -r 0-${SAMPLE - 1} -A slipway -o /dev/null \\
			-w '%{http_code}\\t%{size_download}\\t%{time_starttransfer}\\t%{time_total}' "$2" 2>"$error" || true
	elif [ "$3" = small ]; then
		began=$(date +%s.%N)
		code=0
		timeout 20 /usr/lib/apt/apt-helper -o Acquire::Retries=0 -o Acquire::http::Timeout=5 -o Acquire::https::Timeout=5 download-file "$2" "$file" >"$error" 2>&1 && code=200
		printf '%s\\t%s\\t0\\t%s' "$code" "$(stat -c %s "$file" 2>/dev/null || echo 0)" "$(echo "$began $(date +%s.%N)" | awk '{print $2 - $1}')"
		rm -f "$file"
	else
		printf '0\\t0\\t0\\t0'
		echo 'curl is not installed yet' >"$error"
	fi
	grep -q -e 'Failed to connect' -e 'Could not resolve' "$error" && dead="$dead$host "
	printf '\\t%s\\n' "$(sed 's/^curl: ([0-9]*) //; s/^[EW]: //' "$error" | tr '\\t' ' ' | head -n 1)"
}
main() {
	error=$(mktemp)
	file=$(mktemp)
	trap 'rm -f "$error" "$file"' EXIT
	${probes.map(({ kind, url }, index) => `printf '%s\\t' ${index}; ask ${index} ${quote(url)} ${kind === 'files' || kind === 'images' ? 'large' : 'small'}`).join('\n\t')}
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
