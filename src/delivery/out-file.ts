import { createHash } from 'node:crypto'
import { chown, type FileHandle, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { DiskError, onDisk } from './disk.ts'

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

/** What a path leads to in the end: a link stays one, and the file behind it is written, also where there is none yet. */
const behindLinks = async (path: string): Promise<string> => {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isSymbolicLink()) return path
  return await realpath(path).catch(async () => resolve(dirname(path), await readlink(path)))
}

/** A folder cannot be written, and a device would be replaced by a file. */
const refuseOthers = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isFile()) throw new DiskError(fileProblem(path, found.isDirectory() ? 'EISDIR' : 'ENOTSUP'))
}

/** Who owned a file goes on owning it, where this user may say so. */
const keepOwner = async (part: string, path: string): Promise<void> => {
  const had = await stat(path).catch(() => undefined)
  if (had) await chown(part, had.uid, had.gid).catch(() => {})
}

/** Whether a file can be written, asked before work that takes long. Throws DiskError. */
export const ensureWritable = async (path: string): Promise<void> => {
  const real = await behindLinks(path)
  await refuseOthers(real)
  const probe = `${real}.slipway-${process.pid}`
  await forFile(path, async () => await (await open(probe, 'w', 0o600)).close())
  await rm(probe, { force: true })
}

/** Writes a file whole or not at all, by way of `part` beside it. Throws DiskError, and what the stream throws as it is. */
export const writeOut = async (path: string, content: Content, mode = 0o644, suffix = '.part'): Promise<Written> => {
  const real = await behindLinks(path)
  const part = `${real}${suffix}`
  await refuseOthers(real)
  try {
    const written = await fill(part, content, path, mode)
    await keepOwner(part, real)
    await forFile(path, () => rename(part, real))
    return written
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    throw error
  }
}
