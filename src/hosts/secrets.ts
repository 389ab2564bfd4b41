import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { execa } from 'execa'
import { secretMissing } from './problems.ts'
import type { Environment } from './transport.ts'

/** `~/x` in the operator's home. */
export const expandHome = (path: string, home: string): string => (path === '~' || path.startsWith('~/') ? home + path.slice(1) : path)

/** The value behind env:NAME, file:PATH or cmd:COMMAND, without its last newline; read once for all hosts. */
export function secret(at: string, ref: string, environment: Environment): Promise<string> {
  return environment.share.once(`secret:${ref}`, async () => {
    const value = await fetchSecret(at, ref, environment)
    if (value === '' || /[\n\0]/.test(value)) throw secretMissing(at, ref, value === '' ? 'is empty' : 'has more than one line')
    return value
  })
}

async function fetchSecret(at: string, ref: string, { env, home }: Environment): Promise<string> {
  const colon = ref.indexOf(':')
  const [kind, rest] = [ref.slice(0, colon), ref.slice(colon + 1)]
  try {
    if (kind === 'env') return env[rest] ?? ''
    if (kind === 'file') return trimmed(await readFile(resolve(expandHome(rest, home)), 'utf8'))
    // reject: false, because execa's error message would quote what the command printed.
    const result = await execa('sh', ['-c', rest], { reject: false, stdin: 'inherit', stderr: 'inherit', stripFinalNewline: false })
    if (result.exitCode === 0) return trimmed(result.stdout)
    throw new Error(`the command failed (exit ${result.exitCode ?? 'by signal'})`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw secretMissing(at, ref, code ? `cannot be read (${code})` : message)
  }
}

const trimmed = (text: string): string => text.replace(/\r?\n$/, '')
