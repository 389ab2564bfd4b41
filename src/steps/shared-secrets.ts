import { EXIT, type Problem } from '../problem.ts'
import { conflicts } from '../resources/shared-secret.ts'
import { SECRET_PATHS } from '../resources/secrets.ts'
import type { SecretName } from '../resources/types.ts'
import type { Step } from './types.ts'

const NAMES: readonly SecretName[] = ['ca', 'etcd-ca', 'front-proxy-ca', 'sa', 'encryption']

export const sharedSecrets: Step = {
  id: 'shared-secrets',
  title: { en: 'CAs, service-account key, encryption key', zh: 'CA、服务账号密钥、加密密钥' },
  on: 'control-plane',
  problems: ({ member, world }) =>
    NAMES.flatMap((name): Problem[] => {
      const holders = conflicts(world, name)
      if (!holders.includes(member.key)) return []
      const path = SECRET_PATHS[name][0] ?? ''
      return [
        {
          at: member.at,
          what: { en: `${path} differs between the control planes ${holders.join(', ')}`, zh: `控制平面 ${holders.join('、')} 上的 ${path} 不一致` },
          fix: { en: 'Decide which one the cluster uses, and remove the others with their keys.', zh: '请确认集群在用哪一份，并删除其余各份及其私钥。' },
          severity: 'error',
          exit: EXIT.unfit,
        },
      ]
    }),
  resources: () => NAMES.map((name) => ({ kind: 'shared-secret', name })),
}
