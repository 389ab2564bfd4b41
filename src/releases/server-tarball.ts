import { minorOf } from '../config/version.ts'

/** Kubernetes' server tarball: the binaries of a release in one file, whose SHA-512 stands in the CHANGELOG. */
export const serverTarball = (kubernetes: string, arch: string): string => `dl.k8s.io/${kubernetes}/kubernetes-server-linux-${arch}.tar.gz`

/** Where a binary lies in it (kubernetes/build/lib/release.sh). */
export const memberOf = (name: string): string => `kubernetes/server/bin/${name}`

/** Canonical path of the CHANGELOG of a release. */
export const changelogPath = (kubernetes: string): string =>
  `raw.githubusercontent.com/kubernetes/kubernetes/master/CHANGELOG/CHANGELOG-${minorOf(kubernetes).slice(1)}.md`

/** The SHA-512 that a CHANGELOG prints for a tarball; undefined where it prints none, or two that differ. */
export const readChangelog = (text: string, tarball: string): string | undefined => {
  const rows = text.split('\n').filter((line) => line.includes(`https://${tarball})`) || line.includes(`https://${tarball} `))
  const [digest, ...others] = new Set(rows.flatMap((line) => /\b[0-9a-f]{128}\b/.exec(line)?.[0] ?? []))
  return others.length === 0 ? digest : undefined
}
