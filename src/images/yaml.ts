import type { Text } from '../text.ts'
import { documents, type Span } from './documents.ts'
import { type ImagePath, KNOWN_PATHS, parsePath } from './paths.ts'
import { Malformed, readYaml } from './read-yaml.ts'
import { faultText, isPinned, parseReference } from './reference.ts'
import { isAbroad } from './registries.ts'
import { type Naming, type Rename, type Rule, renamer } from './rewrite.ts'
import { transformersOf } from './kustomize.ts'
import { type Owner, type Site, sitesOf } from './sites.ts'
import type { Scalar } from './tree.ts'

/** One changed value: the line it stands on (from 1), before and after, and the object it belongs to. */
export type Change = Readonly<{ line: number; field: 'image' | 'imagePullPolicy'; from: string; to: string; kind: string; name: string }>

/** Something the text needs that was not done: a document that is no YAML, an image that is no reference, a name of Google's nobody mirrors. */
export type Note = Readonly<{ line: number; what: Text; kind: string; name: string; severity: 'error' | 'warning' }>

export type RewriteOptions = Readonly<{
  rules?: readonly Rule[]
  /** Where custom resources name images, besides KNOWN_PATHS: "Kind:spec.some.image". */
  paths?: readonly string[]
  /** Turn imagePullPolicy Always into IfNotPresent where the image is pinned, so that what is there is not asked for again. */
  pullPolicy?: boolean
}>

export type Rewritten = Readonly<{ text: string; changes: readonly Change[]; notes: readonly Note[] }>

type Edit = { start: number; end: number; text: string; field: Change['field']; from: string; to: string; owner: Owner }
type Remark = { at: number; what: Text; owner: Owner; severity: Note['severity'] }
type Found = { edits: Edit[]; remarks: Remark[] }

const NOBODY: Owner = { kind: '', name: '' }

// A plain scalar may not begin with an indicator (IPv6: "[::1]/x") and must not read as something else.
const isPlainSafe = (value: string) => /^[A-Za-z0-9][^\s,[\]{}#]*$/.test(value) && !value.endsWith(':')

/** The new source of a scalar in the style of the old one. Where the old value does not stand in its source as it is (escapes, an alias) the style is chosen. */
const restyled = (source: string, from: string, to: string, isAlias: boolean): string => {
  const at = isAlias ? -1 : source.indexOf(from)
  const unquoted = source === from || isAlias
  if (at >= 0 && source.indexOf(from, at + 1) < 0 && (!unquoted || isPlainSafe(to)))
    return source.slice(0, at) + to + source.slice(at + from.length)
  return unquoted && isPlainSafe(to) ? to : JSON.stringify(to)
}

const editOf = (text: string, { start, end, alias, value }: Scalar, to: string, field: Edit['field'], owner: Owner): Edit => ({
  start,
  end,
  text: restyled(text.slice(start, end), value ?? '', to, alias !== undefined),
  field,
  from: value ?? '',
  to,
  owner,
})

const inspect = (text: string, { image, policy, owner }: Site, rename: Rename, pullPolicy: boolean, found: Found): void => {
  const reference = parseReference(image.value)
  if (typeof reference === 'string') {
    const { en, zh } = faultText(reference)
    found.remarks.push({
      at: image.start,
      what: { en: `image ${JSON.stringify(image.value)} ${en}`, zh: `镜像 ${JSON.stringify(image.value)} ${zh}` },
      owner,
      severity: 'error',
    })
    return
  }
  const to = rename(image.value)
  if (to !== image.value) found.edits.push(editOf(text, image, to, 'image', owner))
  else if (isAbroad(reference.domain)) {
    const words = {
      en: `${image.value} stays: no configured mirror carries ${reference.domain}`,
      zh: `${image.value} 未改写：已配置的镜像站均不提供 ${reference.domain}`,
    }
    found.remarks.push({ at: image.start, what: words, owner, severity: 'warning' })
  }
  if (pullPolicy && policy?.value === 'Always' && isPinned(reference))
    found.edits.push(editOf(text, policy, 'IfNotPresent', 'imagePullPolicy', owner))
}

/** A transformer that matches what was not rewritten. */
const remarkKept = ({ image, owner }: Site, rename: Rename, found: Found): void => {
  if (rename(image.value) === image.value) return
  const what = {
    en: `images: name: ${image.value} stays, because remote resources may name it; if the rewritten files here do, write ${rename(image.value)}`,
    zh: `images: name: ${image.value} 未改写，因为远程资源可能使用它；若此处改写过的文件使用它，请改为 ${rename(image.value)}`,
  }
  found.remarks.push({ at: image.start, what, owner, severity: 'warning' })
}

/** Each place once; an alias needs nothing when what it stands for is changed where it is anchored. */
const settled = (edits: readonly Edit[], anchors: ReadonlyMap<number, number>): Edit[] => {
  const byStart = new Map(edits.map((edit) => [edit.start, edit]))
  return [...byStart.values()].filter(({ start }) => !byStart.has(anchors.get(start) ?? -1)).toSorted((a, b) => a.start - b.start)
}

const inDocument = (text: string, span: Span, rename: Rename, paths: readonly ImagePath[], pullPolicy: boolean): Found => {
  const found: Found = { edits: [], remarks: [] }
  const trees = readYaml(text, span)
  const transformers = trees.map(transformersOf)
  const sites = [...trees.flatMap((tree) => sitesOf(tree, paths)), ...transformers.flatMap((one) => one.sites)]
  for (const site of transformers.flatMap((one) => one.kept)) remarkKept(site, rename, found)
  for (const site of sites) inspect(text, site, rename, pullPolicy, found)
  const aliased = sites.flatMap(({ image, policy }) => [image, ...(policy ? [policy] : [])]).filter(({ alias }) => alias !== undefined)
  return { edits: settled(found.edits, new Map(aliased.map(({ start, alias }) => [start, alias ?? -1]))), remarks: found.remarks }
}

const notYaml = ({ message, offset }: Malformed): Remark => ({
  at: offset,
  what: { en: `not YAML: ${message}`, zh: `不是有效的 YAML：${message}` },
  owner: NOBODY,
  severity: 'error',
})

const examine = (text: string, span: Span, rename: Rename, paths: readonly ImagePath[], pullPolicy: boolean): Found => {
  try {
    return inDocument(text, span, rename, paths, pullPolicy)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const remark = notYaml(error)
    const what = { en: `left as it is, ${remark.what.en}`, zh: `未改写，${remark.what.zh}` }
    return { edits: [], remarks: [{ ...remark, what }] }
  }
}

/** Line numbers of rising offsets, counted in one pass. */
const lineCounter = (text: string) => {
  let line = 1
  let at = 0
  return (offset: number): number => {
    for (let newline = text.indexOf('\n', at); newline >= 0 && newline < offset; newline = text.indexOf('\n', at)) {
      line++
      at = newline + 1
    }
    return line
  }
}

/** What a document must contain to be worth reading: the key `image`, or the last key of a path. */
const interest = (paths: readonly ImagePath[]): RegExp => {
  const keys = paths.map(({ steps }) => steps.findLast((step) => step !== '*') ?? '')
  const words = ['image', ...keys].map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp([...new Set(words)].join('|'))
}

/** The paths in force; throws on one that cannot be read (the command checks with parsePath first). */
const readPaths = (paths: readonly string[]): ImagePath[] =>
  paths.map((path) => {
    const parsed = parsePath(path)
    if (parsed === undefined) throw new Error(`not a path to an image: ${path}`)
    return parsed
  })

/**
 * Rewrites the images of Kubernetes objects in YAML or JSON text, of any number of documents, and leaves every byte outside the changed values as it is.
 * Works document by document; a document that is no YAML is left alone and noted.
 */
export const rewriteManifest = (text: string, sources: Naming, options: RewriteOptions = {}): Rewritten => {
  const rename = renamer(sources, options.rules)
  const paths = readPaths([...KNOWN_PATHS, ...(options.paths ?? [])])
  const wanted = interest(paths)
  const [edited, noted] = [lineCounter(text), lineCounter(text)]
  const pieces: string[] = []
  const changes: Change[] = []
  const notes: Note[] = []
  let copied = 0
  for (const span of documents(text)) {
    if (!wanted.test(text.slice(span.start, span.end))) continue
    const { edits, remarks } = examine(text, span, rename, paths, options.pullPolicy ?? false)
    for (const { start, end, text: replacement, field, from, to, owner } of edits) {
      pieces.push(text.slice(copied, start), replacement)
      copied = end
      changes.push({ line: edited(start), field, from, to, ...owner })
    }
    for (const { at, what, owner, severity } of remarks.toSorted((a, b) => a.at - b.at))
      notes.push({ line: noted(at), what, ...owner, severity })
  }
  return { text: changes.length === 0 ? text : pieces.join('') + text.slice(copied), changes, notes }
}

/** The images a manifest names, each once, in order of appearance; a note for each document that is no YAML. */
export const imagesIn = (text: string, paths: readonly string[] = []): Readonly<{ images: readonly string[]; notes: readonly Note[] }> => {
  const read = readPaths([...KNOWN_PATHS, ...paths])
  const wanted = interest(read)
  const line = lineCounter(text)
  const images = new Set<string>()
  const notes: Note[] = []
  for (const span of documents(text)) {
    if (!wanted.test(text.slice(span.start, span.end))) continue
    try {
      const sites = readYaml(text, span).flatMap((tree) => sitesOf(tree, read))
      for (const { image } of sites) images.add(image.value)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      const { at, what, owner, severity } = notYaml(error)
      notes.push({ line: line(at), what, ...owner, severity })
    }
  }
  return { images: [...images], notes }
}
