import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Problem, refusal } from '../../problem.ts'
import { createFetch, type Fetch, wholeBody } from '../../net/request.ts'

/** A text that holds Kubernetes objects; `path` only where it can be written back. */
export type Manifest = Readonly<{ name: string; text: string; path?: string }>

const LARGEST_PAGE = 64 * 1024 * 1024
const IS_URL = /^https?:\/\//
const IS_MANIFEST = /\.(ya?ml|json)$/

const why = (error: unknown): string => {
  const { message, cause } = error as Error & {
    cause?: { code?: string; message?: string }
  }
  return [message, cause?.code ?? cause?.message].filter(Boolean).join(': ')
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)

const page = async (url: string, signal: AbortSignal, ask: Fetch): Promise<string> => {
  const response = await ask(url, { signal })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  if (/html/.test(response.headers.get('content-type') ?? '')) throw new Error('the answer is an HTML page')
  return decode(await wholeBody(response, LARGEST_PAGE))
}

const fromUrl = async (url: string, signal: AbortSignal, mirrors: readonly string[], ask: Fetch): Promise<Manifest | Problem> => {
  try {
    return { name: url, text: await page(url, signal, ask) }
  } catch (error) {
    if (signal.aborted) throw error
    const [mirror] = mirrors
    return refusal(
      url,
      {
        en: `it could not be fetched: ${why(error)}.`,
        zh: `下载失败：${why(error)}。`,
      },
      mirror === undefined
        ? {
            en: 'Fetch it yourself and name the file.',
            zh: '请自行下载后指定文件。',
          }
        : {
            en: `A mirror may have it: -f ${mirror}`,
            zh: `镜像站可能有此文件：-f ${mirror}`,
          },
    )
  }
}

const filesUnder = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && IS_MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()

const unreadable = (at: string, error: unknown): Problem =>
  refusal(
    at,
    {
      en: `it cannot be read: ${why(error)}.`,
      zh: `无法读取：${why(error)}。`,
    },
    {
      en: 'Name a YAML or JSON file, a folder, a URL, or - for stdin.',
      zh: '请指定 YAML 或 JSON 文件、文件夹、URL，或用 - 表示标准输入。',
    },
  )

const fromFile = async (path: string): Promise<Manifest | Problem> => {
  try {
    return { name: path, path, text: decode(await readFile(path)) }
  } catch (error) {
    return unreadable(path, error)
  }
}

const fromPath = async (path: string): Promise<(Manifest | Problem)[]> => {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!folder) return [await fromFile(path)]
  const files = await filesUnder(path)
  if (files.length > 0) return Promise.all(files.map(fromFile))
  const what = {
    en: 'it holds no .yaml, .yml or .json file.',
    zh: '其中没有 .yaml、.yml 或 .json 文件。',
  }
  return [
    refusal(path, what, {
      en: 'Name the folder of the manifests.',
      zh: '请指定清单所在的文件夹。',
    }),
  ]
}

const fromStdin = async (stdin: AsyncIterable<Uint8Array | string>): Promise<Manifest | Problem> => {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    return { name: 'stdin', text: decode(Buffer.concat(chunks)) }
  } catch (error) {
    return unreadable('stdin', error)
  }
}

/** Where else a URL may be had: its canonical host-first path -> URLs at the configured mirrors. */
export type Elsewhere = (path: string) => readonly string[]

/** Reads what `-f` names: files, folders (with what lies below), URLs, or `-` for stdin; every problem at once. */
export const readManifests = async (
  names: readonly string[],
  stdin: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal,
  elsewhere: Elsewhere,
  ask: Fetch = createFetch(),
): Promise<{
  manifests: readonly Manifest[]
  problems: readonly Problem[]
}> => {
  const read = await Promise.all(
    names.map(async (name) => {
      if (name === '-') return [await fromStdin(stdin)]
      if (!IS_URL.test(name)) return fromPath(name)
      return [
        await fromUrl(
          name,
          signal,
          elsewhere(name.replace(IS_URL, '')).filter((url) => url !== name),
          ask,
        ),
      ]
    }),
  )
  const all = read.flat()
  return {
    manifests: all.filter((one): one is Manifest => 'text' in one),
    problems: all.filter((one): one is Problem => 'what' in one),
  }
}
