const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/

/** [major, minor, patch] of "v1.36.3", "1.36.3" or "v1.36" (patch undefined); undefined for anything else. */
export const parseVersion = (text: string): readonly [major: number, minor: number, patch: number | undefined] | undefined => {
  const [, major, minor, patch] = VERSION.exec(text.trim()) ?? []
  return major === undefined || minor === undefined
    ? undefined
    : [Number(major), Number(minor), patch === undefined ? undefined : Number(patch)]
}

/** [major, minor, patch] of "v1.36.3" or "3.6.14". */
export const parts = (version: string): readonly [number, number, number] => {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number)
  return [major, minor, patch]
}

/** Negative, zero or positive, as for sorting. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [parts(a), parts(b)]
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
}

/** "v1.36" of "v1.36.3". */
export const minorOf = (version: string): string => `v${parts(version)[0]}.${parts(version)[1]}`

/**
 * The full release a version in cluster.yml names: any patch of a minor that is supported; "v1.36" and "1.36" are the newest of the supported
 * releases, which are those that need no lock.
 */
export const resolveVersion = (text: string, supported: readonly string[]): string | undefined => {
  const wanted = parseVersion(text)
  if (!wanted) return undefined
  const [major, minor, patch] = wanted
  const same = supported.filter((release) => minorOf(release) === `v${major}.${minor}`).toSorted(compareVersions)
  return same.length > 0 && patch !== undefined ? `v${major}.${minor}.${patch}` : same.at(-1)
}
