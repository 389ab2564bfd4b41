import type { Facts, PathFact } from '../hosts/facts.ts'
import { unitPath } from './unit-path.ts'
import type { World } from './world.ts'

/** What shows that a host is, or was, part of a cluster. */
export type Sign = 'etcd-data' | 'running' | 'unit' | 'kubeconfig' | 'leaf' | 'trust'

const PKI = '/etc/kubernetes/pki/'
const UNITS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy']

/** A public part of a shared secret, by its path, with the path of its key. */
const KEY_OF: Readonly<Record<string, string>> = {
  [`${PKI}ca.crt`]: `${PKI}ca.key`,
  [`${PKI}etcd/ca.crt`]: `${PKI}etcd/ca.key`,
  [`${PKI}front-proxy-ca.crt`]: `${PKI}front-proxy-ca.key`,
  [`${PKI}sa.pub`]: `${PKI}sa.key`,
}

const isKubeconfig = (path: string): boolean => /^\/etc\/kubernetes\/[^/]+\.conf$/.test(path)

const isLeaf = (path: string, { certificate }: PathFact): boolean =>
  certificate?.authority === false && (path.startsWith(PKI) || path.startsWith('/var/lib/kubelet/pki/'))

/** Keys are written before their public parts, so no run that was cut off leaves a public part alone: its key was lost, or is on other hosts. */
const isTrust = (path: string, paths: Facts['paths']): boolean => KEY_OF[path] !== undefined && paths[KEY_OF[path]] === undefined

const pathSigns = (path: string, fact: PathFact, paths: Facts['paths']): Sign[] => [
  ...(isKubeconfig(path) ? (['kubeconfig'] as const) : []),
  ...(isLeaf(path, fact) ? (['leaf'] as const) : []),
  ...(isTrust(path, paths) ? (['trust'] as const) : []),
]

const isRunning = ({ units }: Facts, name: string): boolean => !['inactive', 'failed'].includes(units[name]?.active ?? 'inactive')

/**
 * What a host shows of a cluster. The shared keys themselves are no sign: a first install draws them before anything else, and one that was cut off
 * there has to go on.
 */
export const signsOf = (facts: Facts): readonly Sign[] => [
  ...new Set<Sign>([
    ...(facts.etcdData ? (['etcd-data'] as const) : []),
    ...(UNITS.some((name) => isRunning(facts, name)) ? (['running'] as const) : []),
    ...(UNITS.some((name) => facts.paths[unitPath(name)]) ? (['unit'] as const) : []),
    ...Object.entries(facts.paths).flatMap(([path, fact]) => pathSigns(path, fact, facts.paths)),
  ]),
]

/** The hosts that show a cluster, by name. None: nothing is lost when its keys are drawn. */
export const clusterHosts = (world: World): readonly string[] =>
  Object.keys(world)
    .filter((host) => world[host] && signsOf(world[host]).length > 0)
    .sort()
