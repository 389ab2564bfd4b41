import { stat } from 'node:fs/promises'
import { writeOut } from '../delivery/out-file.ts'

/** Writes a file whole or not at all, with the mode it had (else `mode`). Throws DiskError. */
export const writeWhole = async (path: string, text: string, mode = 0o644): Promise<void> => {
  const had = await stat(path).then(
    (found) => found.mode & 0o777,
    () => mode,
  )
  // Two runs may write it at once.
  await writeOut(path, [Buffer.from(text)], had, `.slipway-${process.pid}`)
}
