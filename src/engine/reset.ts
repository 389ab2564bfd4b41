import { CLUSTER_RECORD } from '../cluster/identity.ts'
import type { World } from '../cluster/world.ts'
import { certificatesIn, linkIssuers } from '../hosts/certificate-facts.ts'
import type { Facts, PathFact } from '../hosts/facts.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { type Transport, TransportError } from '../hosts/transport.ts'
import type { Problem } from '../problem.ts'
import { PHASES } from '../steps/index.ts'
import { heredoc } from '../shell/heredoc.ts'
import { onHost } from '../shell/script.ts'
import { RESET } from '../shell/texts.ts'

/** What a host says of Slipway's traces on it. `present` is false on a host that was never touched, or was reset. */
export type Survey = Readonly<{
  present: boolean
  files: number
  packages: readonly string[]
  units: readonly string[]
  pods: number
  /** Size of etcd's data, where this host holds any. */
  etcdMiB?: number
  /** Snapshots of etcd that Slipway took. */
  snapshots: readonly string[]
}>

/** The files by which a host shows which cluster it is of; what is secret in them stays there. */
const SHOWING = [
  CLUSTER_RECORD,
  '/etc/kubernetes/pki/ca.crt',
  '/etc/kubernetes/pki/etcd/ca.crt',
  '/etc/kubernetes/admin.conf',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/etc/systemd/system/kubelet.service',
]

/** Changes nothing; one fact a line, parted by tabs. */
export const SURVEY: string = `main() {
	if [ -e /var/lib/slipway ] || [ -e /run/slipway ]; then printf 'present\\tyes\\n'; fi
	if cd /var/lib/slipway 2>/dev/null; then
		if [ -f inventory ]; then sed -nE 's/^(file|package|unit) /\\1\\t/p' inventory; fi
		if grep -qsxF 'unit etcd.service' inventory && [ -d /var/lib/etcd/member ]; then printf 'etcd\\t%s\\n' "$(du -sm /var/lib/etcd/ | cut -f 1)"; fi
		if grep -qsxF 'unit kubelet.service' inventory; then printf 'pods\\t%s\\n' "$(find /var/lib/kubelet/pods -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)"; fi
		find /var/lib/slipway/snapshots -type f -printf 'snapshot\\t%p\\n' 2>/dev/null
	fi
	if [ -f /etc/kubernetes/pki/ca.key ]; then printf 'keys\\tyes\\n'; fi
	for path in ${SHOWING.join(' ')}; do
		if [ -f "$path" ]; then printf 'shown\\t%s\\t%s\\n' "$path" "$(sed '/PRIVATE KEY/,/PRIVATE KEY/d; /client-key-data:/d' "$path" | base64 | tr -d '\\n')"; fi
	done
	printf 'end\\tok\\n'
}
main; exit
`

/** Reads what SURVEY printed. */
export const parseSurvey = (output: string): Survey => {
  const rows = output.split('\n').map((line) => line.split('\t'))
  const of = (word: string): string[] => rows.flatMap(([name, value = '']) => (name === word ? [value] : []))
  if (of('end')[0] !== 'ok') throw new Error('the host did not say all it was asked')
  const [etcd] = of('etcd')
  return {
    present: of('present').length > 0,
    files: of('file').length,
    packages: of('package'),
    units: of('unit').map((unit) => unit.replace(/\.service$/, '')),
    pods: Number(of('pods')[0] ?? 0),
    ...(etcd === undefined ? {} : { etcdMiB: Number(etcd) }),
    snapshots: of('snapshot'),
  }
}

/** The files by which hosts show their clusters, as SURVEY printed them: facts for identitiesIn. */
export const shownIn = async (outputs: ReadonlyMap<string, string>): Promise<World> => {
  const pathsIn = async (output: string): Promise<Facts['paths']> => {
    const rows = [...output.matchAll(/^shown\t(\S+)\t(\S*)$/gm)]
    const facts = rows.map(async ([, path = '', encoded = '']): Promise<[string, PathFact]> => {
      const text = Buffer.from(encoded, 'base64').toString('utf8')
      const { certificate, authorities } = await certificatesIn(path, text)
      return [path, { type: 'file', owner: 'root:root', text, ...(certificate ? { certificate } : {}), authorities }]
    })
    const keys: [string, PathFact][] = /^keys\t/m.test(output) ? [['/etc/kubernetes/pki/ca.key', { type: 'file', owner: 'root:root' }]] : []
    return Object.fromEntries([...(await Promise.all(facts)), ...keys])
  }
  const entries = [...outputs].map(async ([host, output]) => {
    const seen = { paths: await pathsIn(output), etcdData: /^etcd\t/m.test(output), nodes: [] }
    return [host, seen as unknown as Facts] as const
  })
  return linkIssuers(Object.fromEntries(await Promise.all(entries)))
}

/** What running parts leave behind, one "UNIT KIND VALUE" a line: it counts on hosts where that unit was started. */
export const leavesText = (): string =>
  PHASES.flatMap(({ steps }) => steps)
    .flatMap(({ id, on, leaves = [] }) => leaves.map((leave) => `${on === 'one-control-plane' ? 'kubelet' : id} ${leave}\n`))
    .join('')

/** The script that resets a host. */
export const resetScript = (): string => onHost('reset\n', { functions: `leaves() {\n${heredoc('cat', leavesText())}}\n${RESET}` })

/** Something that stays on a host. `reason` is a word of reset.sh. */
export type Left = Readonly<{ reason: string; thing: string }>

/** How the reset of one host ended. `failed` can be run again; so can `lost`, once the host answers. */
export type ResetResult = Readonly<
  | { state: 'done'; left: readonly Left[] }
  | { state: 'failed'; left: readonly Left[]; stage: string; exit: number; lines: readonly string[] }
  | { state: 'lost'; left: readonly Left[]; problem: Problem }
>

const LAST_LINES = 20

/** Resets one host; `began` hears of each stage as it begins. */
export const resetHost = async (transport: Transport, began: (stage: string) => void, signal: AbortSignal): Promise<ResetResult> => {
  const left: Left[] = []
  const lines: string[] = []
  let stage = ''
  let exit = 128
  try {
    for await (const output of transport.run(resetScript(), { signal })) {
      if ('exit' in output) {
        exit = output.exit ?? 128
        continue
      }
      const line = escapeRemote(output.line)
      const [, word, first = '', rest = ''] = /^::slipway (begin|left) (\S+) ?(.*)$/.exec(line) ?? []
      if (word === 'left') left.push({ reason: first, thing: rest.trim() })
      else if (word === 'begin') {
        stage = first
        began(stage)
      } else lines.push(line)
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return { state: 'lost', left, problem: error.problem }
  }
  return exit === 0 ? { state: 'done', left } : { state: 'failed', left, stage, exit, lines: lines.slice(-LAST_LINES) }
}
