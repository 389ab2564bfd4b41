import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { FileAccess, FileRead } from './files.ts'
import { type Loaded, parseConfig } from './parse.ts'
import { mistake } from './source.ts'
import { quote, say } from './words.ts'

export { type Loaded, parseConfig } from './parse.ts'

/** What loading may be given: the releases known, another stdin, and the option that names the file, when it is not -f. */
export type LoadOptions = Readonly<{ stdin?: AsyncIterable<Uint8Array | string>; supported: readonly string[]; option?: string }>

/** Reads and checks a cluster.yml; `-` is stdin (relative paths in it start at the working directory). Never throws for anything a user can cause. */
export const loadConfig = async (path: string, options: LoadOptions): Promise<Loaded> => {
  const fromStdin = path === '-'
  const file = fromStdin ? 'stdin' : path
  const read = await bytesOf(path, options.stdin ?? process.stdin)
  const other = read === 'missing' ? otherSpelling(path) : undefined
  if (other !== undefined) return { problems: [misspelt(file, other, options.option ?? '-f')] }
  if (typeof read === 'string') return { problems: [unreadable(file, read)] }
  const text = utf8(read)
  if (text === undefined) return { problems: [notText(file)] }
  return parseConfig(text, file, disk(fromStdin ? process.cwd() : dirname(resolve(path))), options.supported)
}

/** The operator's disk, for a cluster.yml in `folder`. */
export const disk = (folder: string): FileAccess => ({
  folder,
  home: homedir(),
  read: (path): FileRead => {
    try {
      return { text: readFileSync(path, 'utf8') }
    } catch (error) {
      return { error: reason(error) }
    }
  },
})

type Reason = Extract<FileRead, { error: string }>['error']

const reason = (error: unknown): Reason => {
  const { code } = error as { code?: string }
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
  if (code === 'EACCES' || code === 'EPERM') return 'denied'
  return code === 'EISDIR' ? 'directory' : 'unreadable'
}

const bytesOf = async (path: string, stdin: AsyncIterable<Uint8Array | string>): Promise<Uint8Array | Reason> => {
  try {
    if (path !== '-') return await readFile(path)
    const chunks: Uint8Array[] = []
    for await (const chunk of stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    return reason(error)
  }
}

const utf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The file that a path with the other of the endings .yml and .yaml names, when there is one. */
export const otherSpelling = (path: string): string | undefined => {
  const [, stem, ending] = /^(.*)\.(ya?ml)$/s.exec(path) ?? []
  const other = `${stem}.${ending === 'yml' ? 'yaml' : 'yml'}`
  return stem !== undefined && existsSync(other) ? other : undefined
}

const misspelt = (file: string, other: string, option: string) => {
  const word = /^[\w./@%+:,-]+$/.test(other) ? other : quote(other)
  return mistake(
    file,
    say(`${quote(file)} does not exist, ${quote(other)} does.`, `${quote(file)} 不存在，但有 ${quote(other)}。`),
    say(`Write ${option} ${word}, or rename that file.`, `请写 ${option} ${word}，或重命名该文件。`),
  )
}

const unreadable = (file: string, why: Reason) => {
  const name = quote(file)
  const what = {
    missing: say(`${name} does not exist.`, `${name} 不存在。`),
    denied: say(`${name} cannot be read: permission denied.`, `${name} 无法读取：权限不足。`),
    directory: say(`${name} is a folder.`, `${name} 是一个文件夹。`),
    unreadable: say(`${name} cannot be read.`, `${name} 无法读取。`),
  }[why]
  return mistake(
    file,
    what,
    say('Name your file with -f, or write one after cluster.example.yml.', '请用 -f 指定文件，或参照 cluster.example.yml 写一个。'),
  )
}

const notText = (file: string) =>
  mistake(file, say('The file is not UTF-8 text.', '文件不是 UTF-8 文本。'), say('Save it as UTF-8.', '请另存为 UTF-8 编码。'))
