import type { SecretName } from '../cluster/secret-names.ts'
import type { Context, Member } from '../cluster/types.ts'
import type { World } from '../cluster/world.ts'
import { labelOf } from '../config/hosts.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { conflicts, rotationOf, rotationOn } from '../resources/generations.ts'
import { isAuthority, isPair, NEXT_PATHS, SECRET_NAMES, SECRET_PATHS } from '../resources/secrets.ts'
import type { SharedSecretResource } from '../resources/types.ts'
import type { Text } from '../text.ts'
import type { Step } from './types.ts'

/** How many certificates on all hosts the CA of each of these signed: what tells which one the cluster uses. */
const signedText = (name: SecretName, holders: readonly Member[], world: World): Text => {
  if (!isAuthority(name))
    return {
      en: 'Find out which one the cluster uses: with its own, the kube-apiserver on a host is ready (`slipway status`).',
      zh: '请确认集群在用哪一份：使用正确一份的主机上 kube-apiserver 处于就绪状态（`slipway status`）。',
    }
  const leaves = Object.values(world).flatMap(({ paths }) => Object.values(paths).flatMap(({ certificate }) => certificate ?? []))
  const counts = holders.map(({ key, nodeName }) => {
    const id = rotationOn(world[key], name)?.signer.id
    return `${nodeName}: ${leaves.filter(({ authority, issuer }) => !authority && issuer === id).length}`
  })
  return {
    en: `The cluster uses the one that signed the certificates of its hosts (signed by that of ${counts.join(', ')}).`,
    zh: `集群使用的是为各主机签发证书的那一份（各自签发数：${counts.join('，')}）。`,
  }
}

/** Two values of one secret. Nothing is ever to be deleted for it: what is moved aside can be moved back. */
const conflict = (name: SecretName, holders: readonly Member[], { member, world }: Context): Problem => {
  const names = holders.map(({ nodeName }) => nodeName)
  const signed = signedText(name, holders, world)
  const files = SECRET_PATHS[name].join(' ')
  const aside = `mkdir -m 0700 -p /root/aside && mv ${files} /root/aside/`
  return refusal(
    labelOf(member),
    {
      en: `${SECRET_PATHS[name][0]} differs between the control planes ${names.join(', ')}`,
      zh: `控制平面 ${names.join('、')} 上的 ${SECRET_PATHS[name][0]} 不一致`,
    },
    {
      en: `${signed.en} Move the others aside (\`${aside}\` on their hosts) and run \`slipway up\`, which copies it there; keep what lies aside until all is well.`,
      zh: `${signed.zh}请在其余主机上将文件移开（\`${aside}\`），再运行 \`slipway up\` 复制正确的一份；确认无误前请保留移开的文件。`,
    },
    EXIT.unfit,
  )
}

const wanted = ({ facts, world }: Context, name: SecretName): SharedSecretResource => {
  const stage = rotationOf(world, name)?.stage ?? 'settled'
  const waiting = isPair(name) && NEXT_PATHS[name].some((path) => facts.paths[path])
  return { kind: 'shared-secret', name, stage, ...(stage === 'settled' && waiting ? { leftovers: true } : {}) }
}

export const sharedSecrets: Step = {
  id: 'shared-secrets',
  title: { en: 'CAs, service-account key, encryption key', zh: 'CA、服务账号密钥、加密密钥' },
  on: 'control-plane',
  problems: (context) =>
    SECRET_NAMES.flatMap((name): Problem[] => {
      const holders = conflicts(context.world, name)
      if (!holders.includes(context.member.key)) return []
      const members = context.members.filter(({ key }) => holders.includes(key))
      return [conflict(name, members, context)]
    }),
  resources: (context) => SECRET_NAMES.map((name) => wanted(context, name)),
}
