import type { CertificateFact, Facts, PathFact } from '../hosts/facts.ts'
import { sha256 } from '../digest.ts'
import type { Text } from '../text.ts'
import { heredoc } from '../shell/heredoc.ts'
import { setPath } from './paths.ts'
import { authoritiesOf, authorityOf, symbolOf } from './generations.ts'
import type { CertificateResource, Difference, Kind, Seen } from './types.ts'

const DAY = 86400

/** The file whose certificate is looked at. */
export const certificatePath = (want: CertificateResource): string => (want.form === 'pair' ? `${want.path}.crt` : want.path)

/** Records which key belongs to which certificate: two files cannot be replaced at once, and a cut between them must be seen. */
const pairPath = (want: CertificateResource): string => `/etc/slipway/pairs/${want.path.slice(1).replaceAll('/', '-')}`

const owner = (want: CertificateResource): string => want.owner ?? 'root:root'
const same = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join('\n') === [...b].sort().join('\n')

/** "12 days", or a smaller unit where days would say nothing. */
const span = (seconds: number): Text => {
  const [size, en, zh] =
    seconds >= 2 * DAY
      ? ([DAY, 'days', '天'] as const)
      : seconds >= 7200
        ? ([3600, 'hours', '小时'] as const)
        : ([60, 'minutes', '分钟'] as const)
  const count = Math.floor(seconds / size)
  return { en: `${count} ${en}`, zh: `${count} ${zh}` }
}

/** Why a certificate is due. One that its CA ends with cannot be made to live longer. */
const due = (want: CertificateResource, live: CertificateFact, authority: CertificateFact, now: number): Text | undefined => {
  const left = live.notAfter - now
  if (live.notBefore > now) return { en: 'it is not valid yet', zh: '尚未生效' }
  const past = span(-left)
  if (left < 0) return { en: `it expired ${past.en} ago`, zh: `已过期 ${past.zh}` }
  const asked = want.renewDays === Number.POSITIVE_INFINITY
  if (!asked && (left >= want.renewDays * DAY || live.notAfter >= authority.notAfter)) return undefined
  return { en: `it expires in ${span(left).en}`, zh: `将在 ${span(left).zh}后过期` }
}

/** The first thing about a live certificate that is not as wanted. */
const wrong = (want: CertificateResource, live: CertificateFact, authority: CertificateFact | undefined, now: number): Text | undefined => {
  if (authority === undefined || live.issuer !== authority.key) return { en: 'it was signed by another CA', zh: '由其他 CA 签发' }
  if (live.commonName !== want.commonName)
    return { en: `its name is ${live.commonName}, not ${want.commonName}`, zh: `名称是 ${live.commonName}，应为 ${want.commonName}` }
  if (!same(live.organizations, want.organizations)) return { en: 'its groups changed', zh: '所属组有变化' }
  if (!same(live.usages, want.usages)) return { en: 'its usages changed', zh: '用途有变化' }
  if (!same(live.sans, want.sans)) {
    const missing = want.sans.filter((san) => !live.sans.includes(san))
    const extra = live.sans.filter((san) => !want.sans.includes(san))
    const list = [...missing.map((san) => `+${san}`), ...extra.map((san) => `-${san}`)].join(' ')
    return { en: `its names changed: ${list}`, zh: `主题备用名称有变化：${list}` }
  }
  return due(want, live, authority, now)
}

const broken = (want: CertificateResource, facts: Facts): boolean => {
  if (want.form !== 'pair') return false
  const sums = [`${want.path}.crt`, `${want.path}.key`].map((path) => facts.paths[path]?.sha256)
  return facts.paths[pairPath(want)]?.text !== `${sums.join(' ')}\n`
}

/** A key that others can read is no secret any more: it is made anew, not only closed. */
const misplaced = (want: CertificateResource, facts: Facts): boolean => {
  const wrongly = (path: string, mode: string): boolean => facts.paths[path]?.owner !== owner(want) || facts.paths[path]?.mode !== mode
  return want.form === 'pair' ? wrongly(`${want.path}.crt`, '0644') || wrongly(`${want.path}.key`, '0600') : wrongly(want.path, '0600')
}

const diff = (want: CertificateResource, { facts, world }: Seen): Difference | undefined => {
  const fact = facts.paths[certificatePath(want)]
  if (!fact) return { verb: 'create', reason: { en: 'it is missing', zh: '不存在' } }
  if (!fact.certificate || broken(want, facts)) return { verb: 'update', reason: { en: 'it does not match its key', zh: '与私钥不匹配' } }
  if (misplaced(want, facts)) return { verb: 'update', reason: { en: 'its mode or owner changed', zh: '权限或属主有变化' } }
  const reason = wrong(want, fact.certificate, authorityOf(world, want.authority), facts.now)
  if (reason) return { verb: 'update', reason }
  if (want.form === 'kubeconfig' && !(fact.text ?? '').includes(`server: ${want.server}\n`))
    return { verb: 'update', reason: { en: 'its server changed', zh: '服务器地址有变化' } }
  const keys = (authorities: readonly CertificateFact[]): string => authorities.map(({ key }) => key).join(' ')
  if (want.form === 'kubeconfig' && keys(fact.authorities ?? []) !== keys(authoritiesOf(world, want.authority)))
    return { verb: 'update', reason: { en: 'the CAs it trusts changed', zh: '其信任的 CA 有变化' } }
  return undefined
}

const simulated = (want: CertificateResource, { facts, world }: Seen): PathFact => ({
  type: 'file',
  mode: want.form === 'pair' ? '0644' : '0600',
  owner: owner(want),
  sha256: sha256(`symbol ${want.path}`),
  ...(want.form === 'kubeconfig' ? { text: `server: ${want.server}\n`, authorities: authoritiesOf(world, want.authority) } : {}),
  certificate: {
    commonName: want.commonName,
    organizations: want.organizations,
    sans: want.sans,
    usages: want.usages,
    notBefore: facts.now,
    notAfter: Math.min(facts.now + want.days * DAY, authorityOf(world, want.authority)?.notAfter ?? Number.POSITIVE_INFINITY),
    authority: false,
    key: `symbol ${want.path}`,
    issuer: authorityOf(world, want.authority)?.key ?? symbolOf(want.authority, facts.now, world).id,
    pem: '',
  },
})

export const certificate: Kind<CertificateResource> = {
  id: (want) => `certificate ${want.path}`,
  touches: (want) => (want.form === 'pair' ? [`${want.path}.crt`, `${want.path}.key`] : [want.path]),
  diff,
  produce: (want, vault) => vault.issue(want),
  script: (want, _, payload) => {
    if (want.form !== 'pair') return heredoc(`put ${want.path} 0600 ${owner(want)}`, payload[want.path] ?? '')
    const key = payload[`${want.path}.key`] ?? ''
    const crt = payload[`${want.path}.crt`] ?? ''
    return [
      heredoc(`put ${want.path}.key 0600 ${owner(want)}`, key),
      heredoc(`put ${want.path}.crt 0644 ${owner(want)}`, crt),
      heredoc(`put ${pairPath(want)} 0600 root:root`, `${sha256(crt)} ${sha256(key)}\n`),
    ].join('')
  },
  after: (want, seen) => {
    const fact = simulated(want, seen)
    const placed = setPath(seen.facts, certificatePath(want), fact)
    if (want.form !== 'pair') return placed
    const keyed = setPath(placed, `${want.path}.key`, {
      type: 'file',
      mode: '0600',
      owner: owner(want),
      sha256: sha256(`symbol ${want.path}.key`),
    })
    const text = `${fact.sha256} ${sha256(`symbol ${want.path}.key`)}\n`
    return setPath(keyed, pairPath(want), { type: 'file', mode: '0600', owner: 'root:root', sha256: sha256(text), text })
  },
}
