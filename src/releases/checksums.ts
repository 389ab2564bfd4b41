import type { Artifact } from './types.ts'

/** Where upstream publishes the digest of a file: canonical path of a text that holds it. Source: mirrors.md §3 (kubespray download.yml). */
export const checksumPath = ({ component, path }: Pick<Artifact, 'component' | 'path'>): string => {
  const folder = path.slice(0, path.lastIndexOf('/'))
  switch (component) {
    case 'etcd':
      return `${folder}/SHA256SUMS`
    case 'containerd':
      return `${path}.sha256sum`
    case 'runc':
      return `${folder}/runc.sha256sum`
    default:
      return `${path}.sha256`
  }
}

const HEX = /^[0-9a-f]{64}$/

/** The digest of a file in such a text: a bare digest, or the line that ends in the file's name. undefined when it holds none, or two that differ. */
export const readChecksum = (text: string, path: string): string | undefined => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const lines = text.split('\n').map((line) => line.trim().split(/[ \t]+/))
  const found = lines.flatMap(([digest = '', file, ...more]) =>
    HEX.test(digest.toLowerCase()) && more.length === 0 && (file === undefined || file.replace(/^[*]?(?:.*\/)?/, '') === name)
      ? [`sha256:${digest.toLowerCase()}`]
      : [],
  )
  const [first, ...others] = new Set(found)
  return others.length === 0 ? first : undefined
}
