/**
 * A line longer than this is cut, so that one host cannot fill our memory. The longest that a host sends in earnest: a file of 256 KiB as base64
 * (probe.sh), a string of an object in JSON, whose annotations may be 256 KiB.
 */
export const LONGEST = 1024 * 1024

/** Splits a stream of bytes into lines. Invalid UTF-8 becomes U+FFFD; a line that is too long ends in " [cut]", and `cut` says so. */
export function createLines(emit: (line: string, cut: boolean) => void): { push(chunk: Uint8Array): void; end(): void } {
  let parts: Uint8Array[] = []
  let size = 0
  const take = (bytes: Uint8Array) => {
    if (size < LONGEST) parts.push(bytes.subarray(0, LONGEST - size))
    size += bytes.length
  }
  const flush = () => {
    emit(Buffer.concat(parts).toString('utf8') + (size > LONGEST ? ' [cut]' : ''), size > LONGEST)
    parts = []
    size = 0
  }
  return {
    push(chunk) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        take(chunk.subarray(from, at))
        flush()
        from = at + 1
      }
      if (from < chunk.length) take(chunk.subarray(from))
    },
    end() {
      if (size > 0) flush()
    },
  }
}

// C0 and C1 controls, and what reorders or breaks a line on a terminal: bidi marks, line and paragraph separators, BOM.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** What a host said, made safe to print: control characters (tab stays) are written as \xNN or \uNNNN. */
export function escapeRemote(text: string): string {
  return text.replace(UNSAFE, (c) => {
    const code = c.charCodeAt(0)
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
