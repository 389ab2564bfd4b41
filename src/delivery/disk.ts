import { EXIT, type Problem, ProblemError, refusal } from '../problem.ts'

/** This machine's disk does not take the bytes, or does not give them back: no other source can mend that. */
export class DiskError extends ProblemError {
  override readonly name = 'DiskError'
}

const diskProblem = (folder: string, code: string): Problem =>
  code === 'ENOSPC' || code === 'EDQUOT'
    ? refusal(
        folder,
        { en: `there is no room for what is fetched (${code})`, zh: `空间不足，无法存放下载的内容（${code}）` },
        {
          en: 'Free some room there, or name another folder with XDG_CACHE_HOME, and run again.',
          zh: '请释放空间，或用 XDG_CACHE_HOME 指定其他文件夹，然后重新运行。',
        },
        EXIT.failed,
      )
    : refusal(
        folder,
        { en: `what is fetched cannot be kept there (${code})`, zh: `无法存放下载的内容（${code}）` },
        {
          en: 'Mend the permissions or the disk, or name another folder with XDG_CACHE_HOME, and run again.',
          zh: '请修正权限或磁盘，或用 XDG_CACHE_HOME 指定其他文件夹，然后重新运行。',
        },
        EXIT.failed,
      )

/** Work on the files of a folder; what the system refuses is a DiskError, in the words of `problem`. */
export const onDisk = async <T>(folder: string, work: () => Promise<T>, problem = diskProblem): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === undefined || syscall === undefined) throw error
    throw new DiskError(problem(folder, code), { cause: error })
  }
}
