const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/

/** [major, minor, patch] of "v1.36.3", "1.36.3" or "v1.36" (patch undefined); undefined for anything else. */
export const parseVersion = (text: string): readonly [major: number, minor: number, patch: number | undefined] | undefined => {
  const [, major, minor, patch] = VERSION.exec(text.trim()) ?? []
  return major === undefined || minor === undefined
    ? undefined
    : [Number(major), Number(minor), patch === undefined ? undefined : Number(patch)]
}

/** The full release a version in cluster.yml names, among the supported ones: "v1.36" and "1.36" are the newest patch known. */
export const resolveVersion = (text: string, supported: readonly string[]): string | undefined => {
  const wanted = parseVersion(text)
  if (!wanted) return undefined
  const [major, minor, patch] = wanted
  return supported
    .map((release) => ({ release, parts: parseVersion(release) }))
    .filter(({ parts }) => parts && parts[0] === major && parts[1] === minor && (patch === undefined || parts[2] === patch))
    .toSorted((a, b) => (b.parts?.[2] ?? 0) - (a.parts?.[2] ?? 0))
    .at(0)?.release
}
