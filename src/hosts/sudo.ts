import { shellFailed } from './problems.ts'
import { sudoFailed, sudoMissing, sudoRefused, sudoWrongPassword } from './problems-sudo.ts'

/** Printed by the loader on stdout and on stderr once it runs as root; whatever a login shell says before is not the script's. */
export const ENTERED = 'slipway-in\n'
const HEADER = 'slipway-script:'
const SENTINEL = '#slipway-end'
const PROMPT = 'slipway-sudo:'

/**
 * Reads lines up to the header (so that a password nobody asked for is skipped), then exactly the script, and runs it only when it came whole.
 * `sh -s` cannot do this: dash reads its script in blocks, so input that follows would be eaten, and a cut-off script runs as far as it came.
 * No single quote, backslash, exclamation mark or newline: it stands in single quotes for any login shell (sh, bash, zsh, fish, csh), and csh
 * ends a quoted word with its line.
 */
const LOADER = [
  'echo slipway-in; echo slipway-in >&2;',
  'while IFS= read -r l; do case $l in',
  `${HEADER}*) s=$(head -c "\${l#*:}"); case $s in *"${SENTINEL}") unset l; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL; eval "$s"; exit;; esac; break;;`,
  'esac; done;',
  'exit 75',
].join(' ')

/** The bytes that make the loader run a script. */
export function envelope(script: string): Buffer {
  if (script.includes('\0')) throw new Error('a script cannot hold a NUL')
  const body = Buffer.from(`${script}\n${SENTINEL}`)
  return Buffer.concat([Buffer.from(`${HEADER}${body.length}\n`), body])
}

/** How a user becomes root on a host: is root, by sudo without a password, or by sudo with one. */
export type Become = { by: 'root' | 'sudo' } | { by: 'password'; password: string; proven?: Promise<void> }

/** The loader as an argument vector, for a transport without a login shell. */
export const argv = (become: Become): [string, ...string[]] => {
  const shell: [string, ...string[]] = ['sh', '-c', LOADER]
  if (become.by === 'root') return shell
  return ['env', 'LC_ALL=C', 'sudo', '-H', ...(become.by === 'sudo' ? ['-n'] : ['-S', '-p', PROMPT]), '--', ...shell]
}

/** The remote command: one of three constants, the same for any login shell. */
export const command = (become: Become): string =>
  `exec ${argv(become)
    .map((word) => (word === LOADER ? `'${LOADER}'` : word))
    .join(' ')}`

/** Why the loader never said it was in. */
export function notEntered(at: string, become: Become, exit: number | null, words: string): Error {
  if (become.by === 'root') return shellFailed(at, exit, words)
  if (exit === 127) return sudoMissing(at)
  return become.by === 'sudo' && exit === 1 ? sudoRefused(at, words) : sudoFailed(at, words)
}

/** A program's prompt does not end in a newline; one we did not choose (PAM's own) is believed after this silence. */
const SILENCE = 500

/**
 * Watches what sudo prints before it lets us in. The first prompt is answered with the password, a second one means that it was wrong:
 * then stdin ends, so that sudo counts one attempt and no more. Needs no word of sudo's language.
 */
export function answerSudo(
  at: string,
  password: string,
  io: { write(bytes: string): void; refuse(error: Error): void },
): { heard(text: string): void; stop(): void } {
  let tail = ''
  let asked = false
  let timer: NodeJS.Timeout | undefined
  const prompted = () => {
    tail = ''
    if (asked) return io.refuse(sudoWrongPassword(at))
    asked = true
    io.write(`${password}\n`)
  }
  return {
    heard(text) {
      clearTimeout(timer)
      tail += text
      if (tail.includes(PROMPT)) prompted()
      else if (tail.trim() !== '' && !tail.endsWith('\n')) timer = setTimeout(prompted, SILENCE)
    },
    stop: () => clearTimeout(timer),
  }
}
