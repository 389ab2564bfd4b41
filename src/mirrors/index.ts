import type { ProviderName } from '../config/schema/mirrors.ts'
import { aliyun } from './aliyun.ts'
import { aliyunVpc } from './aliyun-vpc.ts'
import { custom } from './custom.ts'
import { daocloud } from './daocloud.ts'
import { github } from './github.ts'
import { kubekey } from './kubekey.ts'
import { tencent } from './tencent.ts'
import { tuna } from './tuna.ts'
import type { Mirror } from './types.ts'
import { upstream } from './upstream.ts'
import { ustc } from './ustc.ts'

/** Every provider by the name cluster.yml uses. */
export const MIRRORS: Readonly<Record<ProviderName, Mirror>> = {
  upstream,
  aliyun,
  'aliyun-vpc': aliyunVpc,
  tuna,
  ustc,
  tencent,
  daocloud,
  github,
  kubekey,
}

/** The mirror an entry of cluster.yml means: a provider's name, or the URL of one's own. */
export const mirrorOf = (entry: ProviderName | string): Mirror =>
  Object.hasOwn(MIRRORS, entry) ? MIRRORS[entry as ProviderName] : custom(entry)
