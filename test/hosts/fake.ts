import { createLines } from '../../src/hosts/lines.ts'
import type { Output, RunOptions, Transport } from '../../src/hosts/transport.ts'

export type FakeOutput = { stdout?: string; stderr?: string; exit?: number }
/** What a known script prints, or a function of it (and of the input streamed to it). */
export type FakeAnswer = FakeOutput | string | ((script: string, input: Buffer) => FakeOutput | string | Promise<FakeOutput | string>)

/** A host that knows a table of scripts (exact text, or a pattern) and throws on any other. Records what ran. */
export class FakeTransport implements Transport {
  readonly label: string
  readonly ran: string[] = []
  readonly #answers: readonly (readonly [string | RegExp, FakeAnswer])[]

  constructor(answers: Iterable<readonly [string | RegExp, FakeAnswer]>, label = 'root@fake:22') {
    this.label = label
    this.#answers = [...answers]
  }

  async *run(script: string, options: RunOptions = {}): AsyncGenerator<Output, void> {
    options.signal?.throwIfAborted()
    const known = this.#answers.find(([key]) => (typeof key === 'string' ? key === script : key.test(script)))
    if (!known) throw new Error(`${this.label}: the fake host does not know this script:\n${script}`)
    this.ran.push(script)
    const [, answer] = known
    const given = typeof answer === 'function' ? await answer(script, await gather(options.input)) : answer
    const { stdout = '', stderr = '', exit = 0 } = typeof given === 'string' ? { stdout: given } : given
    for (const [stream, text] of [
      ['stdout', stdout],
      ['stderr', stderr],
    ] as const)
      yield* lines(stream, text)
    options.signal?.throwIfAborted()
    yield { exit }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** As the real one: what is too long is cut. */
const lines = (stream: 'stdout' | 'stderr', text: string): Output[] => {
  const seen: Output[] = []
  const splitter = createLines((line, cut) => seen.push(cut ? { stream, line, cut } : { stream, line }))
  splitter.push(Buffer.from(text))
  splitter.end()
  return seen
}

async function gather(input: RunOptions['input']): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of input ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}
