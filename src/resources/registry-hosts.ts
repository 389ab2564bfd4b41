import { lineDiff } from '../diff.ts'
import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { loginMark } from '../templates/hosts-toml.ts'
import { heredoc } from '../shell/heredoc.ts'
import { changedPath, setPath } from './paths.ts'
import type { Kind, RegistryHostsResource } from './types.ts'

const ATTRIBUTES = { type: 'file', mode: '0600', owner: 'root:root' } as const

/** The text as the probe sends it: without the lines that hold credentials. */
const visible = ({ text }: RegistryHostsResource): string => text.replace(/^.*[Aa]uthorization.*\n/gm, '')

/** The text with the credentials in it; undefined while one of them is not known. */
const whole = ({ text, logins }: RegistryHostsResource): string | undefined => {
  const known = Object.entries(logins).flatMap(([login, secret]) => (secret === undefined ? [] : [[loginMark(login), secret] as const]))
  if (known.length < Object.keys(logins).length) return undefined
  return known.reduce((filled, [mark, secret]) => filled.replaceAll(mark, secret.reveal()), text)
}

/**
 * A hosts.toml that holds credentials (docs/adr/0011-registry-credentials.md). What is shown is what the probe sends; credentials are compared
 * by the digest of the whole file, and not at all where they are not known to this run.
 */
export const registryHosts: Kind<RegistryHostsResource> = {
  id: (want) => `file ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts }) => {
    const seen = facts.paths[want.path]
    const shown = visible(want)
    const changed = changedPath(seen, ATTRIBUTES)
    if (changed) return { ...changed, diff: lineDiff(seen?.text ?? '', shown) }
    if (seen?.text !== shown)
      return { verb: 'update', reason: { en: 'its content changed', zh: '内容有变化' }, diff: lineDiff(seen?.text ?? '', shown) }
    const full = whole(want)
    if (full === undefined || seen.sha256 === sha256(full)) return undefined
    return { verb: 'update', reason: { en: 'its credentials changed', zh: '凭据有变化' } }
  },
  script: (want) => {
    const full = whole(want)
    if (full === undefined) throw new Error(`the credentials for ${want.path} were not read`)
    return heredoc(`put ${quote(want.path)} 0600 root:root`, full)
  },
  after: (want, { facts }) => setPath(facts, want.path, { ...ATTRIBUTES, sha256: sha256(whole(want) ?? want.text), text: visible(want) }),
}
