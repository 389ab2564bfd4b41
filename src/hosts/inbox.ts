/** A queue between event handlers and a `for await` loop. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  readonly #flow: (full: boolean) => void
  #ended = false
  #error: { reason: unknown } | undefined
  #wake: () => void = () => {}
  /** The reader is far behind. */
  full = false

  /** `flow` is called with true when the reader is far behind, and with false when it has caught up. */
  constructor(flow: (full: boolean) => void = () => {}) {
    this.#flow = flow
  }

  push(item: T): void {
    this.#items.push(item)
    if (!this.full && this.#items.length > 1024) this.#turn(true)
    this.#wake()
  }

  /** No more items: the loop ends after those that are here. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** The loop throws after the items that are here. The first end or failure counts. */
  fail(reason: unknown): void {
    if (this.#ended) return
    this.#error = { reason }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      while (this.#items.length > 0) yield* this.#drain()
      if (this.#error) throw this.#error.reason
      if (this.#ended) return
      await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  #turn(full: boolean): void {
    this.full = full
    this.#flow(full)
  }

  *#drain(): Generator<T> {
    const batch = this.#items.splice(0)
    if (this.full) this.#turn(false)
    yield* batch
  }
}
