import { sha256 } from '../digest.ts'
import { quote } from '../hosts/sh.ts'
import type { Artifact } from '../releases/types.ts'
import { setPath } from './paths.ts'
import type { ArtifactResource, Kind } from './types.ts'

/** Where a component's files of one version lie; several versions lie side by side. */
export const directoryOf = (component: string, version: string): string => `/opt/slipway/${component}/${version}`

const stampName = (artifact: Artifact): string => `${artifact.component}-${artifact.version}-${artifact.name}`
const stampPath = (artifact: Artifact): string => `/var/lib/slipway/stamps/${stampName(artifact)}`

/** The files an artifact leaves in its versioned directory. */
const filesOf = (artifact: Artifact): string[] =>
  (artifact.packing.kind === 'binary' ? [artifact.name] : Object.values(artifact.packing.members)).map(
    (name) => `${directoryOf(artifact.component, artifact.version)}/${name}`,
  )

const unpack = (artifact: Artifact, stage: string): string => {
  if (artifact.packing.kind === 'binary') return `mv ${stage}/download ${stage}/${quote(artifact.name)}\n`
  const moves = Object.entries(artifact.packing.members).map(
    ([member, name]) => `mv ${stage}/unpacked/${quote(member)} ${stage}/${quote(name)}\n`,
  )
  return [
    `mkdir ${stage}/unpacked\n`,
    `tar -xzf ${stage}/download -C ${stage}/unpacked --no-same-owner -- ${Object.keys(artifact.packing.members).map(quote).join(' ')}\n`,
    ...moves,
  ].join('')
}

export const artifact: Kind<ArtifactResource> = {
  id: ({ artifact }) => `artifact ${artifact.component} ${artifact.version} ${artifact.name}`,
  touches: ({ artifact }) => filesOf(artifact),
  diff: ({ artifact, pin }, { facts }) => {
    const path = stampPath(artifact)
    const stamp = facts.paths[path]
    if (!stamp) return { verb: 'create', reason: { en: 'it is missing', zh: '不存在' } }
    if (facts.damaged.includes(path))
      return { verb: 'update', reason: { en: 'its files are not the ones that were verified', zh: '文件与校验过的不一致' } }
    if (stamp.text?.split('\n')[0] !== pin) return { verb: 'update', reason: { en: 'its pinned digest changed', zh: '锁定的摘要有变化' } }
    return undefined
  },
  script: ({ artifact, urls, pin }) => {
    const home = quote(directoryOf(artifact.component, artifact.version))
    const files = filesOf(artifact).map(quote).join(' ')
    return [
      `parent ${home}\n`,
      'stage=$STATE/fetch/stage\nrm -rf "$stage"\ninstall -d -m 0700 "$stage"\n',
      `fetch ${pin} "$stage/download" ${urls.map(quote).join(' ')}\n`,
      unpack(artifact, '"$stage"'),
      ...filesOf(artifact).map((path) => {
        const name = quote(path.slice(path.lastIndexOf('/') + 1))
        return `chown root:root "$stage"/${name}\nchmod 0755 "$stage"/${name}\nsync "$stage"/${name}\nremember file ${quote(path)}\nmv -fT "$stage"/${name} ${quote(path)}\n`
      }),
      `sync ${home}\nrm -rf "$stage"\n`,
      `stamp ${quote(stampName(artifact))} ${pin} ${files}\n`,
    ].join('')
  },
  after: ({ artifact, pin }, { facts }) => {
    const text = `${pin}\n`
    const stamped = setPath(facts, stampPath(artifact), { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text })
    return { ...stamped, damaged: facts.damaged.filter((path) => path !== stampPath(artifact)) }
  },
}
