import type * as releases from '../../src/releases/index.ts'

/**
 * The releases as if their images had no shipped digests, for tests of what happens to images without a pin and with one of the test's own:
 * `vi.mock('.../src/releases/index.ts', async (original) => unshipped(await original()))`.
 */
export const unshipped = (real: typeof releases): typeof releases => ({
  ...real,
  releaseOf: (...about) => {
    const release = real.releaseOf(...about)
    return {
      ...release,
      pins: Object.fromEntries(Object.entries(release.pins).filter(([name]) => /^(dl\.k8s\.io|github\.com)\//.test(name))),
    }
  },
})
