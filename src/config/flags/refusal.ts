import type { Text } from '../../text.ts'
import { say } from '../words.ts'

/** Why a flag may not stand in extra_args, and what to do. `since`: only from that Kubernetes minor on. `good`: values that are fine. */
export type Refusal = Readonly<{
  flags: readonly string[]
  since?: number
  good?: (values: readonly string[]) => boolean
  what: Text
  fix: Text
}>

export const REMOVE = say('Take it out.', '请删除。')
const ours = say(
  'Slipway writes this flag: the certificates, files and addresses of the cluster depend on it.',
  '该参数由 Slipway 写入：集群的证书、文件和地址都依赖它。',
)

/** Flags that Slipway writes and that nobody else may. */
export const owned = (...flags: string[]): Refusal => ({ flags, what: ours, fix: REMOVE })

/** A flag that follows from a key of cluster.yml. */
export const setting = (flag: string, key: string): Refusal => ({
  flags: [flag],
  what: say('Slipway writes this flag from another key.', '该参数由 Slipway 根据另一个键写入。'),
  fix: say(`Set ${key} instead.`, `请改为设置 ${key}。`),
})

/** Flags that are gone since a minor of Kubernetes. */
export const removed = (since: number, flags: readonly string[], fix: Text = REMOVE): Refusal => ({
  flags,
  since,
  what: say(
    `Kubernetes 1.${since} removed this flag: the component would not start.`,
    `Kubernetes 1.${since} 已移除该参数：组件将无法启动。`,
  ),
  fix,
})
