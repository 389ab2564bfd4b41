import { afterEach, beforeEach } from 'vitest'
import { PUBLISHED } from '../../src/releases/published.ts'

const isFile = (name: string): boolean => /^(dl\.k8s\.io|github\.com)\//.test(name)

/** The tests of a file see releases whose images have no shipped digests: what happens to images without a pin, and with one of the test's own. */
export const withoutShippedImages = (): void => {
  const pins = PUBLISHED as Record<string, string>
  const images = Object.entries(pins).filter(([name]) => !isFile(name))
  beforeEach(() => {
    for (const [name] of images) delete pins[name]
  })
  afterEach(() => {
    Object.assign(pins, Object.fromEntries(images))
  })
}
