import { unifiedDiff } from '../../images/diff.ts'
import { renamer } from '../../images/rewrite.ts'
import { imagesIn, type Rewritten, rewriteManifest } from '../../images/yaml.ts'
import { EXIT, type Problem } from '../../problem.ts'
import { same } from '../../text.ts'
import { type Renaming, renamingOf } from './sources.ts'
import { collisionProblems, noteProblems } from './set.ts'
import { type Manifest, readManifests } from './manifests.ts'
import { exitOf, refuse, sayProblems } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'
import { writeWhole } from '../../run/write-file.ts'

type Done = Manifest & Readonly<{ rewritten: Rewritten }>

/** Several texts as one stream: each document begins with its marker, so that none runs into the next. */
const stream = (texts: readonly string[]): string =>
  texts
    .map((text, index) => {
      const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`
      return index === 0 || /^(---|%)/.test(text) ? ended : `---\n${ended}`
    })
    .join('')

const print = (done: readonly Done[], options: Options, io: Io): void => {
  if (options.output === 'json') {
    const files = done.map(({ name, rewritten: { changes, notes } }) => ({
      name,
      changes,
      notes,
    }))
    io.out(`${JSON.stringify({ files })}\n`)
  } else if (options.output === 'diff') io.out(done.map(({ name, text, rewritten }) => unifiedDiff(text, rewritten.text, name)).join(''))
  else if (!options.flags['in-place'])
    io.out(done.length === 1 ? (done[0]?.rewritten.text ?? '') : stream(done.map(({ rewritten }) => rewritten.text)))
}

const write = async (done: readonly Done[], io: Io): Promise<void> => {
  for (const { path, text, rewritten } of done) {
    if (path === undefined || rewritten.text === text) continue
    await writeWhole(path, rewritten.text)
    const count = rewritten.changes.length
    tell(io, {
      en: `${path}: ${count} ${count === 1 ? 'value' : 'values'} rewritten`,
      zh: `${path}：已改写 ${count} 处`,
    })
  }
}

const inPlaceProblems = ({ flags, files }: Options): Problem[] =>
  flags['in-place']
    ? files
        .filter((name) => name === '-' || /^https?:/.test(name))
        .map((name) => ({
          at: `-f ${name}`,
          what: {
            en: '--in-place needs files: this cannot be written back.',
            zh: '--in-place 只用于文件：该来源无法写回。',
          },
          fix: {
            en: 'Leave --in-place out and redirect the output.',
            zh: '请去掉 --in-place，将输出重定向到文件。',
          },
          severity: 'error',
          exit: EXIT.config,
        }))
    : []

/** Images that a flat registry would call by one name. What has its name already is none of them; what is no YAML is noted when it is rewritten. */
const clashesOf = (manifests: readonly Manifest[], { sources, rules, paths }: Renaming): readonly Problem[] => {
  const rename = renamer(sources, rules)
  const moved = manifests.flatMap(({ text }) => imagesIn(text, paths).images).filter((ref) => rename(ref) !== ref)
  return collisionProblems(moved, rename)
}

/** `slipway images rewrite -f FILE|DIR|URL|-`: the same manifests with the mirrors' names for images; every other byte stays. */
export const rewriteFiles = async (
  options: Options,
  io: Io,
  stdin: AsyncIterable<Uint8Array | string> = process.stdin,
): Promise<number> => {
  const renaming = await renamingOf(options, io)
  if ('problems' in renaming) return refuse(renaming.problems, io, options)
  const { sources, rules, paths, ask } = renaming
  const { manifests, problems } = await readManifests(options.files, stdin, io.signal, sources.files, ask)
  const refused = [...inPlaceProblems(options), ...problems]
  if (refused.length > 0) return refuse(refused, io, options)
  const clashes = renaming.flat ? clashesOf(manifests, renaming) : []
  if (clashes.length > 0) return refuse(clashes, io, options)
  const pullPolicy = options.flags['pull-policy'] === true
  const done = manifests.map(
    (manifest): Done => ({
      ...manifest,
      rewritten: rewriteManifest(manifest.text, sources, {
        rules,
        paths,
        pullPolicy,
      }),
    }),
  )
  if (options.flags['in-place']) await write(done, io)
  print(done, options, io)
  const notes = done.flatMap(({ name, rewritten }) => noteProblems(name, rewritten.notes))
  sayProblems(notes, io)
  const changes = done.flatMap(({ rewritten }) => rewritten.changes)
  if (options.verbose)
    for (const { name, rewritten } of done)
      for (const { line, from, to } of rewritten.changes) tell(io, same(`${name}:${line}: ${from} -> ${to}`))
  return exitOf(notes) || (options.exitCode && changes.length > 0 ? EXIT.changes : EXIT.done)
}
