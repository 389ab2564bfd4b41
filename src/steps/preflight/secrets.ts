import { EXIT, type Problem, refusal } from '../../problem.ts'
import { authorityOf, rotationOf, trusted } from '../../resources/generations.ts'
import { AUTHORITY_NAMES, isAuthority, ROTATIONS, SECRET_NAMES, SECRET_PATHS } from '../../resources/secrets.ts'
import type { AuthorityName, SecretName } from '../../cluster/secret-names.ts'
import type { Step } from '../types.ts'
import type { Context } from '../../cluster/types.ts'

const DAY = 86_400
/** A CA is to be exchanged by a person, so it is said long before. */
const SOON = 180 * DAY

const KEYS: Readonly<Record<AuthorityName, string>> = { ca: 'ca', 'etcd-ca': 'etcd_ca', 'front-proxy-ca': 'front_proxy_ca' }

const rotate = (name: SecretName, more = ''): string => `slipway certs rotate ${ROTATIONS[name]}${more}`

/** The user's own CA against what the cluster has. */
const ownProblems = ({ authorities, world, facts, places, rotates }: Context, name: AuthorityName): Problem[] => {
  const own = authorities?.[name]
  if (!own) return []
  const at = places?.[`certificates.${KEYS[name]}.certificate`] ?? 'cluster.yml'
  if (own.notAfter < facts.now || own.notBefore > facts.now)
    return [
      refusal(
        at,
        { en: `${own.commonName || 'this CA'} is not valid now`, zh: `${own.commonName || '该 CA'} 当前不在有效期内` },
        { en: 'Name a CA that is, or set the clock of the hosts.', zh: '请改用有效的 CA，或校准主机时钟。' },
      ),
    ]
  const rotation = rotationOf(world, name)
  if (!rotation || rotates?.includes(name) || trusted(rotation).some(({ id }) => id === own.key)) return []
  return [
    refusal(
      at,
      { en: `the cluster has another CA in ${SECRET_PATHS[name][0]}`, zh: `集群在 ${SECRET_PATHS[name][0]} 中使用的是另一个 CA` },
      { en: `\`${rotate(name)}\` changes over to this one without a pause.`, zh: `可用 \`${rotate(name)}\` 不中断地切换到此 CA。` },
    ),
  ]
}

const ending = ({ world, facts, member }: Context, name: AuthorityName): Problem[] => {
  const authority = authorityOf(world, name)
  if (!authority || authority.notAfter - facts.now > SOON) return []
  const left = Math.floor((authority.notAfter - facts.now) / DAY)
  return [
    {
      at: member.at,
      what: {
        en: `the CA ${AUTHORITY_NAMES[name]} ends in ${left} days, and everything it signed with it`,
        zh: `CA ${AUTHORITY_NAMES[name]} 将在 ${left} 天后到期，其签发的证书也随之失效`,
      },
      fix: { en: `Run \`${rotate(name)}\`.`, zh: `请运行 \`${rotate(name)}\`。` },
      severity: 'warning',
      exit: EXIT.unfit,
    },
  ]
}

/** An exchange that was begun and is not over. */
const unfinished = ({ world, member, exchange }: Context, name: SecretName): Problem[] => {
  const stage = rotationOf(world, name)?.stage ?? 'settled'
  if (stage === 'settled' || exchange?.includes(name)) return []
  const path = SECRET_PATHS[name][0]
  const waits = name === 'sa' && stage === 'switched'
  return [
    {
      at: member.at,
      what: waits
        ? { en: `the old service-account key is still trusted in ${path}`, zh: `${path} 中仍信任旧的服务账号密钥` }
        : { en: `the exchange of ${path} is not finished`, zh: `${path} 的轮换尚未完成` },
      fix: waits
        ? {
            en: `When its tokens have ended: \`${rotate(name, ' --drop-old')}\`.`,
            zh: `待其签发的令牌失效后运行 \`${rotate(name, ' --drop-old')}\`。`,
          }
        : { en: `\`${rotate(name)}\` goes on with it.`, zh: `请运行 \`${rotate(name)}\` 继续。` },
      severity: 'warning',
      exit: EXIT.unfit,
    },
  ]
}

/** What a person has to know of the CAs and keys before anything changes. */
export const preflightSecrets: Step = {
  id: 'preflight-secrets',
  title: { en: 'Checks of CAs and keys', zh: 'CA 与密钥检查' },
  on: 'one-control-plane',
  problems: (context) =>
    SECRET_NAMES.flatMap((name) => [
      ...(isAuthority(name) ? [...ownProblems(context, name), ...ending(context, name)] : []),
      ...unfinished(context, name),
    ]),
  resources: () => [],
}
