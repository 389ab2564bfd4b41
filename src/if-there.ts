/** What work on a file gives; undefined where the file is not there. Any other error is thrown: what cannot be read must not be taken for missing. */
export const ifThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
