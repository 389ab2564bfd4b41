import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { onDisk } from './disk.ts'

/** What a file is, once it is written. */
export type Written = Readonly<{ size: number; digest: string }>

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

const fileProblem = (path: string, code: string): Problem =>
  NO_ROOM.has(code)
    ? refusal(
        path,
        { en: `there is no room for this file (${code})`, zh: `空间不足，无法写入该文件（${code}）` },
        {
          en: 'Free some room there, or name a file on another disk, and run again.',
          zh: '请释放空间，或指定其他磁盘上的文件，然后重新运行。',
        },
        EXIT.failed,
      )
    : refusal(
        path,
        { en: `this file cannot be written (${code})`, zh: `无法写入该文件（${code}）` },
        {
          en: 'Mend its folder, the permissions or the disk, or name another file, and run again.',
          zh: '请检查所在文件夹、权限或磁盘，或指定其他文件，然后重新运行。',
        },
        EXIT.failed,
      )

/** Work for a file that the user named; what the system refuses is a DiskError of that file. */
export const forFile = <T>(path: string, work: () => Promise<T>): Promise<T> => onDisk(path, work, fileProblem)

const pour = async (file: FileHandle, content: Content, path: string): Promise<Written> => {
  const hash = createHash('sha256')
  let size = 0
  // Each write by itself: in a pipeline, what the disk refuses cannot be told from what the source throws.
  for await (const chunk of content) {
    await forFile(path, () => file.writeFile(chunk))
    hash.update(chunk)
    size += chunk.length
  }
  await forFile(path, () => file.sync())
  return { size, digest: `sha256:${hash.digest('hex')}` }
}

/** Writes a stream to `part`, on the way to the file at `path`. Throws DiskError, and what the stream throws as it is. */
export const fill = async (part: string, content: Content, path: string, mode: number): Promise<Written> => {
  const file = await forFile(path, () => open(part, 'w', mode))
  try {
    return await pour(file, content, path)
  } finally {
    await file.close()
  }
}

/** Writes a file whole or not at all, by way of `part` beside it. Throws DiskError, and what the stream throws as it is. */
export const writeOut = async (path: string, content: Content, part = `${path}.part`, mode = 0o644): Promise<Written> => {
  try {
    const written = await fill(part, content, path, mode)
    await forFile(path, () => rename(part, path))
    return written
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    throw error
  }
}
