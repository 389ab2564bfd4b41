import { open, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Writes a file whole or not at all, with the mode it had (else `mode`). */
export const writeWhole = async (path: string, text: string, mode = 0o644): Promise<void> => {
  const had = await stat(path).then(
    (found) => found.mode & 0o777,
    () => mode,
  )
  const temporary = join(dirname(path), `.${basename(path)}.slipway-${process.pid}`)
  const file = await open(temporary, 'w', had)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
