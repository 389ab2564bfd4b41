import { compareVersions, minorOf } from '../config/version.ts'
import { KNOWN, MINORS, RELEASES, unpinnedOf } from './index.ts'

/** A release as `slipway versions` lists it: how many digests it is without for the architectures in question, and the end of its support. */
export type ListedRelease = Readonly<{ kubernetes: string; unpinned: number; ends: string }>

const endOf = (minor: string): string => MINORS.find((one) => one.minor === minor)?.ends ?? ''

/** Every known release, oldest first; `pins`: what a lock adds to what is shipped. */
export const listReleases = (arches: readonly string[], pins: Readonly<Record<string, string>> = {}): readonly ListedRelease[] =>
  KNOWN.map((release) => ({
    kubernetes: release.kubernetes,
    unpinned: new Set(arches.flatMap((arch) => unpinnedOf(release, arch, { ...release.pins, ...pins }))).size,
    ends: endOf(release.minor),
  }))

const newestOf = (minor: string): string | undefined => RELEASES.filter((one) => one.minor === minor).at(-1)?.kubernetes

/** The releases an upgrade goes through, one minor at a time, each the newest patch that needs no lock. Empty where nothing newer is known. */
export const wayFrom = (running: string): readonly string[] => {
  const later = MINORS.map(({ minor }) => minor).filter((minor) => compareVersions(`${minor}.0`, `${minorOf(running)}.0`) > 0)
  if (later.length > 0) return later.flatMap((minor) => newestOf(minor) ?? [])
  const newest = newestOf(minorOf(running))
  return newest !== undefined && compareVersions(newest, running) > 0 ? [newest] : []
}
