import { readFile } from 'node:fs/promises'
import { kubeconfigFiles } from '../config/kubeconfig-files.ts'
import { viewOf } from '../config/kubeconfig-view.ts'
import { DEFAULT_NAME } from '../config/schema.ts'
import type { World } from '../cluster/world.ts'
import { EXIT, type Problem } from '../problem.ts'
import { authorityOf } from '../resources/generations.ts'
import type { Intent } from './session.ts'
import type { Io } from './types.ts'

const DEFAULTED = new RegExp(`^${DEFAULT_NAME}(-[0-9a-f]{8})?(-\\d+)?$`)

/** The entry of a cluster without a name of its own that kubectl has on this machine. What cannot be read is nobody's fault here. */
const defaultedEntry = async ({ env, home }: Pick<Io, 'env' | 'home'>): Promise<string | undefined> => {
  const texts = new Map<string, string>()
  for (const path of kubeconfigFiles(env.KUBECONFIG, home)) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) texts.set(path, text)
  }
  try {
    return [...viewOf(texts).clusters.keys()].find((name) => DEFAULTED.test(name))
  } catch {
    return undefined
  }
}

/** A warning before a first install that gives a second cluster the name which every cluster has: it can be given one of its own only now. */
export const secondCluster = async ({ config, cluster }: Intent, world: World, io: Pick<Io, 'env' | 'home'>): Promise<Problem[]> => {
  if (config.cluster_name !== DEFAULT_NAME || authorityOf(world, 'ca') !== undefined) return []
  const other = await defaultedEntry(io)
  if (other === undefined) return []
  return [
    {
      at: cluster.places?.cluster_name ?? 'cluster.yml cluster_name',
      what: {
        en: `the cluster gets the default name ${DEFAULT_NAME}, and kubectl on this machine knows a cluster ${other} already`,
        zh: `该集群将使用默认名称 ${DEFAULT_NAME}，而本机的 kubectl 中已有集群 ${other}`,
      },
      fix: {
        en: 'Give it a `cluster_name` of its own now: it cannot be changed later.',
        zh: '请现在为其设置独有的 `cluster_name`：之后无法更改。',
      },
      severity: 'warning',
      exit: EXIT.config,
    },
  ]
}
