import { chmod, copyFile, mkdir, open, readFile, realpath, rename, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { shortCa } from '../cluster/identity.ts'
import { kubeconfigFiles, writtenFile } from '../config/kubeconfig-files.ts'
import { mergeKubeconfig, renameKubeconfig, withCurrent } from '../config/kubeconfig-merge.ts'
import { type ClusterEntry, entryNames, freeName, type KubeconfigView, readKubeconfig, takenBy, viewOf } from '../config/kubeconfig-view.ts'
import { readAuthorities } from '../hosts/certificate-facts.ts'
import { ifThere } from '../if-there.ts'
import { EXIT, ProblemError, refusal } from '../problem.ts'
import { confirmYes } from '../ui/prompt.ts'
import { tell } from '../run/tell.ts'
import type { Io } from '../run/types.ts'

/** How the entries are to be called. `asked`: the name was given on the command line. `sharesCa`: other clusters may have the same CA. */
export type Naming = Readonly<{ asked?: string; sharesCa?: boolean }>

/** A file that is to be written, and whom a mistake in it is put down to. */
class Unwritable extends Error {
  readonly path: string
  constructor(path: string, cause: Error) {
    super(cause.message)
    this.path = path
  }
}

const at = async <T>(path: string, work: Promise<T> | (() => T | Promise<T>)): Promise<T> => {
  try {
    return await (typeof work === 'function' ? work() : work)
  } catch (error) {
    throw new Unwritable(path, error as Error)
  }
}

const readAll = async (paths: readonly string[]): Promise<Map<string, string>> => {
  const texts = new Map<string, string>()
  for (const path of paths) {
    const text = await at(path, ifThere(readFile(path, 'utf8')))
    if (text !== undefined) texts.set(path, text)
  }
  return texts
}

const fingerprints = async (pem: string): Promise<string[]> => (await readAuthorities(pem)).map(({ key }) => key)

/** The CAs that an entry trusts. */
const authoritiesOf = async ({ file, caData, caFile }: ClusterEntry): Promise<string[]> => {
  if (caData !== undefined) return fingerprints(Buffer.from(caData, 'base64').toString('utf8'))
  const pem = caFile === undefined ? undefined : await readFile(resolve(dirname(file), caFile), 'utf8').catch(() => undefined)
  return pem === undefined ? [] : fingerprints(pem)
}

type Own = Readonly<{ server: string; ca: readonly string[] }>

/** The entries that lead to this cluster: by its CA, and by its address too where the CA may be another cluster's as well. */
const ownEntries = async ({ clusters }: KubeconfigView, own: Own, sharesCa: boolean): Promise<ReadonlySet<ClusterEntry>> => {
  const entries = await Promise.all(
    [...clusters.values()].map(async (entry) => {
      const ca = await authoritiesOf(entry)
      const isSame = ca.some((key) => own.ca.includes(key)) && (!sharesCa || entry.server === own.server)
      // Without any CA on either side the address is all that there is.
      return isSame || (ca.length === 0 && own.ca.length === 0 && entry.server === own.server) ? [entry] : []
    }),
  )
  return new Set(entries.flat())
}

const taken = (name: string, leads: string, at: string): ProblemError =>
  new ProblemError(
    refusal(
      at,
      { en: `the context ${name} is taken: it leads to ${leads}`, zh: `上下文 ${name} 已被占用：它指向 ${leads}` },
      {
        en: `Give another name: --context NAME. To be rid of the old one: \`kubectl config delete-context ${name}\`, and delete-cluster, delete-user.`,
        zh: `请用 --context NAME 指定其他名称。如要删除旧条目：\`kubectl config delete-context ${name}\`，以及 delete-cluster、delete-user。`,
      },
    ),
  )

type Chosen = Readonly<{ name: string; instead?: string }>

/** The name of the entries. One that leads elsewhere is only replaced when a person says so. */
const choose = async (view: KubeconfigView, wanted: string, own: Own, { asked, sharesCa = false }: Naming, io: Io): Promise<Chosen> => {
  const ours = await ownEntries(view, own, sharesCa)
  const leads = (name: string): string | undefined => takenBy(view, name, (entry) => ours.has(entry))
  const other = leads(asked ?? wanted)
  if (other === undefined) return { name: asked ?? wanted }
  if (asked !== undefined) throw taken(asked, other, '--context')
  const message = {
    en: `The context ${wanted} leads to ${other}. Replace it? (Otherwise another name is taken.)`,
    zh: `上下文 ${wanted} 指向 ${other}。是否替换？（否则使用其他名称）`,
  }
  if (io.interactive && (await confirmYes(message, io.language))) return { name: wanted }
  return { name: freeName(wanted, own.ca[0] === undefined ? '' : shortCa(own.ca[0]), (name) => leads(name) !== undefined), instead: other }
}

/** Copies a file beside itself, under a name that none of the earlier copies has. */
const keepBackup = async (path: string): Promise<string | undefined> => {
  for (let count = 1; ; count++) {
    const backup = `${path}.slipway-backup${count === 1 ? '' : `.${count}`}`
    if (await ifThere(stat(backup))) continue
    const kept = await ifThere(copyFile(path, backup).then(() => backup))
    if (kept) await chmod(kept, 0o600)
    return kept
  }
}

/** Writes whole or not at all, readable by the user alone; what was there is kept beside it. What a link points to is written, not the link. */
const replaceFile = async (named: string, text: string): Promise<string | undefined> => {
  const path = (await ifThere(realpath(named))) ?? named
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const kept = await keepBackup(path)
  const temporary = `${path}.slipway-${process.pid}`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  return kept
}

const write = async (path: string, old: string | undefined, text: string, io: Io): Promise<void> => {
  if (old === text) return tell(io, { en: `${path} holds it already.`, zh: `${path} 中已有此内容。` })
  const kept = await at(path, replaceFile(path, text))
  const en = kept ? `; what was there is kept in ${kept}` : ''
  const zh = kept ? `，原文件保存在 ${kept}` : ''
  tell(io, { en: `Merged into ${path}${en}.`, zh: `已写入 ${path}${zh}。` })
}

const mergeAll = async (added: string, naming: Naming, io: Io): Promise<void> => {
  const files = kubeconfigFiles(io.env.KUBECONFIG, io.home)
  const texts = await readAll(files)
  for (const [path, text] of texts) await at(path, () => void readKubeconfig(text))
  const view = viewOf(texts)
  const first = readKubeconfig(added)
  const wanted = String(first['current-context'] ?? '')
  const [cluster] = viewOf(new Map([['', added]])).clusters.values()
  const own: Own = { server: cluster?.server ?? '', ca: cluster ? await authoritiesOf(cluster) : [] }
  const { name, instead } = await choose(view, wanted, own, naming, io)
  const target = view.clusters.get(entryNames(name).cluster)?.file ?? writtenFile(files, (path) => texts.has(path))
  if (target === undefined)
    throw new ProblemError(
      refusal(
        'KUBECONFIG',
        { en: 'it is set and names no file', zh: '已设置，但未指定任何文件' },
        { en: 'Unset it, or name a file.', zh: '请取消设置，或指定文件。' },
      ),
    )
  const old = texts.get(target)
  const merged = await at(target, () => mergeKubeconfig(old, name === wanted ? added : renameKubeconfig(added, name)))
  await write(target, old, merged, io)
  const elsewhere = view.currentIn
  if (elsewhere !== undefined && elsewhere !== target)
    await write(elsewhere, texts.get(elsewhere), withCurrent(texts.get(elsewhere) ?? '', name), io)
  if (instead !== undefined)
    tell(io, {
      en: `The context is called ${name}: ${wanted} leads to ${instead} and was left as it is.`,
      zh: `上下文名为 ${name}：${wanted} 指向 ${instead}，未作改动。`,
    })
}

/** Merges a kubeconfig into those that kubectl reads on this machine. Entries that lead to another cluster are never replaced unasked. */
export const merge = async (added: string, io: Io, naming: Naming = {}): Promise<number> => {
  try {
    await mergeAll(added, naming, io)
    return EXIT.done
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error
    tell(io, {
      en: `${error.path} cannot be merged into: ${error.message}. It was left as it is.`,
      zh: `${error.path} 无法合并：${error.message}。文件未改动。`,
    })
    return EXIT.config
  }
}
