import { EXIT, type Problem } from '../problem.ts'
import { conflicts, holdersOf, rotationOf } from '../resources/generations.ts'
import { isPair, NEXT_PATHS, SECRET_NAMES, SECRET_PATHS } from '../resources/secrets.ts'
import type { SharedSecretResource } from '../resources/types.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import type { Step } from './types.ts'
import type { Context, Member } from '../cluster/types.ts'

/** One that does not answer may hold it: a second value would split the cluster. */
const unknown = (member: Member, name: SecretName, silent: string): Problem => ({
  at: member.at,
  what: {
    en: `no control plane that answers has ${SECRET_PATHS[name][0]}, and ${silent} does not answer`,
    zh: `已响应的控制平面都没有 ${SECRET_PATHS[name][0]}，而 ${silent} 没有响应`,
  },
  fix: { en: `Bring ${silent} back, so that no second one is made.`, zh: `请先恢复 ${silent}，以免生成第二份。` },
  severity: 'error',
  exit: EXIT.unreachable,
})

const wanted = ({ facts, world }: Context, name: SecretName): SharedSecretResource => {
  const stage = rotationOf(world, name)?.stage ?? 'settled'
  const waiting = isPair(name) && NEXT_PATHS[name].some((path) => facts.paths[path])
  return { kind: 'shared-secret', name, stage, ...(stage === 'settled' && waiting ? { leftovers: true } : {}) }
}

export const sharedSecrets: Step = {
  id: 'shared-secrets',
  title: { en: 'CAs, service-account key, encryption key', zh: 'CA、服务账号密钥、加密密钥' },
  on: 'control-plane',
  problems: ({ member, members, world }) =>
    SECRET_NAMES.flatMap((name): Problem[] => {
      const silent = members.filter(({ roles, key }) => roles.controlPlane && world[key] === undefined)
      if (silent.length > 0 && holdersOf(world, name).length === 0) return [unknown(member, name, silent[0]?.nodeName ?? '')]
      const holders = conflicts(world, name)
      if (!holders.includes(member.key)) return []
      const path = SECRET_PATHS[name][0] ?? ''
      return [
        {
          at: member.at,
          what: {
            en: `${path} differs between the control planes ${holders.join(', ')}`,
            zh: `控制平面 ${holders.join('、')} 上的 ${path} 不一致`,
          },
          fix: {
            en: 'Decide which one the cluster uses, and remove the others with their keys.',
            zh: '请确认集群在用哪一份，并删除其余各份及其私钥。',
          },
          severity: 'error',
          exit: EXIT.unfit,
        },
      ]
    }),
  resources: (context) => SECRET_NAMES.map((name) => wanted(context, name)),
}
