import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Alternate } from '../releases/alternates.ts'
import type { Artifact } from '../releases/types.ts'
import { heredoc } from '../shell/heredoc.ts'
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

const words = (values: readonly string[]): string => values.map(quote).join(' ')
const pairs = (members: Readonly<Record<string, string>>): string =>
  words(Object.entries(members).map(([member, name]) => `${member}=${name}`))

/** What a package holds may be of another version than the package says: runc in containerd.io. */
const verified = ({ component, version }: Artifact, alternate: Alternate): string =>
  component === 'runc' && alternate.kind === 'deb' ? ` && says_version "$stage/runc" ${quote(version)}` : ''

/** The script of one other packaging: `used` is its pin when it delivered. */
const fromAlternate = (artifact: Artifact, alternate: Alternate): string => {
  const { pin, members } = alternate
  const done = `${verified(artifact, alternate)}; then used=${pin}; fi\n`
  if (alternate.kind === 'image')
    return `if [ -z "$used" ] && fetch_image ${quote(alternate.base)} ${pin} ${alternate.arch} "$stage" ${pairs(members)}${done}`
  const { repository, key, candidates, package: name, version } = alternate
  return [
    'if [ -z "$used" ]; then\n',
    `private_candidates ${repository}\n`,
    heredoc(`private_apt ${repository} key.asc`, key),
    ...candidates.map(({ host, text }, index) => heredoc(`private_apt ${repository} ${quote(`${index + 1}-${host}.sources`)}`, text)),
    `if fetch_deb ${repository} ${quote(name)} ${quote(version)} ${pin} "$stage/download.deb" && unpack_deb "$stage/download.deb" "$stage" ${pairs(members)}${done}`,
    'fi\n',
  ].join('')
}

/** The one packaging that the operator's machine has streamed here. */
const unwrap = ({ artifact, pin, others = [] }: ArtifactResource): string => {
  const file = pin === '' ? '' : `if take_delivered ${pin} "$stage/download"; then\n${unpack(artifact, '"$stage"')}used=${pin}\nfi\n`
  const rest = others.map((other) => {
    const members = pairs(other.members)
    const taken =
      other.kind === 'image'
        ? `take_layers ${other.pin} "$stage" ${members}`
        : `take_delivered ${other.pin} "$stage/download.deb" && unpack_deb "$stage/download.deb" "$stage" ${members}`
    return `if [ -z "$used" ] && ${taken}${verified(artifact, other)}; then used=${other.pin}; fi\n`
  })
  return ['used=\nfailures=\n', file, ...rest, `[ -n "$used" ] || not_delivered ${quote(artifact.name)}\n`].join('')
}

/** One source after the other, until one has delivered what is pinned. */
const tryEach = (want: ArtifactResource): string => {
  const { artifact, urls, pin, others = [] } = want
  if (want.pushed) return unwrap(want)
  if (others.length === 0) return `fetch ${pin} "$stage/download" ${words(urls)}\n${unpack(artifact, '"$stage"')}used=${pin}\n`
  const file =
    pin === '' || urls.length === 0
      ? ''
      : `if fetch_any ${pin} "$stage/download" ${words(urls)}; then\n${unpack(artifact, '"$stage"')}used=${pin}\nfi\n`
  const give = `if [ -z "$used" ]; then\nrm -rf "$stage"\nfail "no source delivered ${artifact.name}:$failures"\nfi\n`
  return ['used=\nfailures=\n', file, ...others.map((other) => fromAlternate(artifact, other)), give].join('')
}

/** What runs goes on with the file that was there before. */
const units = (facts: Facts, files: readonly string[]): Facts['units'] =>
  Object.fromEntries(
    Object.entries(facts.units).map(([name, unit]) => [
      name,
      unit.program !== '' && files.includes(unit.command) ? { ...unit, program: 'replaced' } : unit,
    ]),
  )

/** Every digest that may have been installed. */
const pinsOf = ({ pin, others = [] }: ArtifactResource): readonly string[] =>
  [pin, ...others.map((other) => other.pin)].filter((one) => one !== '')

export const artifact: Kind<ArtifactResource> = {
  id: ({ artifact }) => `artifact ${artifact.component} ${artifact.version} ${artifact.name}`,
  touches: ({ artifact }) => filesOf(artifact),
  diff: (want, { facts }) => {
    const path = stampPath(want.artifact)
    const stamp = facts.paths[path]
    if (!stamp) return { verb: 'create', reason: { en: 'it is missing', zh: '不存在' } }
    if (facts.damaged.includes(path))
      return { verb: 'update', reason: { en: 'its files are not the ones that were verified', zh: '文件与校验过的不一致' } }
    if (!pinsOf(want).includes(stamp.text?.split('\n')[0] ?? ''))
      return { verb: 'update', reason: { en: 'its pinned digest changed', zh: '锁定的摘要有变化' } }
    return undefined
  },
  script: (want) => {
    const { artifact } = want
    const home = quote(directoryOf(artifact.component, artifact.version))
    const files = filesOf(artifact).map(quote).join(' ')
    return [
      `parent ${home}\n`,
      'new_stage\n',
      tryEach(want),
      ...filesOf(artifact).map((path) => {
        const name = quote(path.slice(path.lastIndexOf('/') + 1))
        return `chown root:root "$stage"/${name}\nchmod 0755 "$stage"/${name}\nsettle "$stage"/${name} ${quote(path)}\n`
      }),
      `sync ${home}\nrm -rf "$stage"\n`,
      `stamp ${quote(stampName(artifact))} "$used" ${files}\n`,
    ].join('')
  },
  after: (want, { facts }) => {
    const { artifact } = want
    const text = `${pinsOf(want)[0] ?? ''}\n`
    const stamped = setPath(facts, stampPath(artifact), { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256(text), text })
    return { ...stamped, damaged: facts.damaged.filter((path) => path !== stampPath(artifact)), units: units(facts, filesOf(artifact)) }
  },
}
