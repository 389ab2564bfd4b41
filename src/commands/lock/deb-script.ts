import { onHost } from '../../shell/script.ts'
import { DEB_LISTS } from '../../shell/texts.ts'
import { quote } from '../../shell/quote.ts'
import { heredoc } from '../../shell/heredoc.ts'
import type { NewPin } from '../../releases/lock-text.ts'
import type { Repository } from '../../releases/alternates.ts'

/** What a host's apt found: a package as a signed list has it, or why a source gave none. */
export type DebFinding = Readonly<{ key: string; pin: string; host: string }> | Readonly<{ repository: string; host: string; why: string }>

const BEGIN = `STATE=$(mktemp -d)
RUN=$STATE/run
failures=
trap 'rm -rf "$STATE"' EXIT
chmod 0755 "$STATE"
mkdir "$RUN"
`

/**
 * The script that asks a host's apt for packages: with lists of their own in a temporary place, so that nothing of the host changes.
 * apt has verified the signatures of what it prints.
 */
export const debScript = (repositories: readonly Repository[]): string =>
  onHost(
    [
      BEGIN,
      ...repositories.flatMap(({ name, key, candidates, packages }) => [
        heredoc(`private_apt ${name} key.asc`, key),
        ...candidates.map(({ host, text }, index) => heredoc(`elsewhere ${name} ${quote(`${index + 1}-${host}.sources`)}`, text)),
        `say_debs ${name} ${packages.map((one) => quote(`${one.name}=${one.version}`)).join(' ')}\n`,
      ]),
    ].join(''),
    { functions: DEB_LISTS, enters: false },
  )

/** Reads what the script printed; lines that are none of its are left out. */
export const parseDebs = (output: string): readonly DebFinding[] =>
  output.split('\n').flatMap((line): DebFinding[] => {
    const [word, first = '', second = '', third = ''] = line.split('\t')
    if (word === 'failed') return [{ repository: first, host: second, why: third }]
    return word === 'deb' && /^sha256:[0-9a-f]{64}$/.test(second) ? [{ key: first, pin: second, host: third }] : []
  })

/** New pins out of what hosts found, each once. Two hosts that found different bytes for one package stop it: neither is taken. */
export const debPins = (found: readonly DebFinding[], known: Readonly<Record<string, string>>): readonly NewPin[] => {
  const packages = found.filter((one) => 'pin' in one)
  return [...Map.groupBy(packages, ({ key }) => key)].flatMap(([key, same]): NewPin[] => {
    const [first] = same
    if (!first || known[key] !== undefined || same.some(({ pin }) => pin !== first.pin)) return []
    return [{ section: 'debs', key, pin: first.pin, because: `apt's signature at ${first.host}` }]
  })
}
