import { userInfo } from 'node:os'

/** The name of the user who runs this. A container often runs as a number that has no name, and then userInfo() throws. */
export const userName = (env: Readonly<Record<string, string | undefined>>, ask = () => userInfo().username): string => {
  try {
    return ask()
  } catch {
    return env.USER || env.LOGNAME || `${process.getuid?.() ?? 'unknown'}`
  }
}
