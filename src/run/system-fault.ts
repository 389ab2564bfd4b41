import { EXIT, type Problem, refusal } from '../problem.ts'

/** What the system refuses on a file of this machine: a full or read-only disk, rights, a folder in the way. Never a bug of ours. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'],
  ...['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP', 'ENAMETOOLONG', 'EMFILE', 'ENFILE'],
])

/** An error of the system on this machine's files as a Problem; undefined for any other error. */
export const systemFault = (error: unknown): Problem | undefined => {
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || code === undefined || syscall === undefined || !REFUSALS.has(code)) return undefined
  return refusal(
    path ?? (syscall === 'uv_cwd' || syscall === 'process.cwd' ? '.' : syscall),
    { en: `this machine refuses it (${syscall}: ${code})`, zh: `本机拒绝该操作（${syscall}：${code}）` },
    {
      en: 'Mend that file or folder, its permissions or its disk, and run the same command again.',
      zh: '请检查该文件或文件夹、其权限或磁盘，然后再次运行同一命令。',
    },
    EXIT.failed,
  )
}
