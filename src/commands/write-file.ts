import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { forFile } from '../delivery/out-file.ts'

const write = async (path: string, text: string, mode: number): Promise<void> => {
  const file = await open(path, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes a file whole or not at all, with the mode it had (else `mode`). Throws DiskError. */
export const writeWhole = async (path: string, text: string, mode = 0o644): Promise<void> => {
  const had = await stat(path).then(
    (found) => found.mode & 0o777,
    () => mode,
  )
  const temporary = join(dirname(path), `.${basename(path)}.slipway-${process.pid}`)
  try {
    await forFile(path, async () => {
      await write(temporary, text, had)
      await rename(temporary, path)
    })
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}
