import type { Config } from '../../config/schema.ts'
import { onHost } from '../../shell/script.ts'
import { MIRROR_PROBES } from '../../shell/texts.ts'
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

/** The script that asks them, one after the other, one line each. `environment` names the proxy. */
export const probeScript = (probes: readonly Probe[], environment: Readonly<Record<string, string>> = {}): string =>
  onHost(
    [
      'set +e\nerror=$(mktemp)\nfile=$(mktemp)\ntrap \'rm -f "$error" "$file"\' EXIT\n',
      ...probes.map(({ kind, url, holds = '' }, index) => `printf '%s\\t' ${index}\nask ${quote(url)} ${kind} ${quote(holds)}\n`),
    ].join(''),
    { environment, functions: MIRROR_PROBES, enters: false },
  )

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
