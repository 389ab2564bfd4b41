import type { NetworkTraces } from '../cluster/pod-network.ts'
import type { Config } from '../config/schema.ts'
import type { Context } from '../cluster/types.ts'
import type { Release } from '../releases/types.ts'
import type { Text } from '../text.ts'

/** A project whose files a bundle hands on. */
export type Licence = Readonly<{ project: string; licence: string; source: string }>

/** A part of the cluster that runs as objects in it: all that it means stands in its one file. Pure. */
export interface Addon {
  readonly name: string
  readonly title: Text
  readonly licence: Licence
  wanted(config: Config): boolean
  /** The images of its pods, as upstream names them: they are fetched beforehand, checked, pinned, copied and bundled. */
  images(release: Release): readonly string[]
  /** What its pods leave on the hosts, as `Step.leaves` says it. */
  readonly leaves?: readonly string[]
  objects(context: Context): readonly object[]
  /** sh that exits 0 once it works, where that can be waited for; `k` is kubectl as administrator. */
  ready(context: Context): string | undefined
}

/** A port that every node listens on for the other nodes. */
export type NodePort = Readonly<{
  port: number
  protocol: 'tcp' | 'udp'
  /** The network device that is there for as long as somebody listens. */
  link?: string
}>

/** How pods of different nodes reach each other (`network.plugin`): all that it means stands in its one file. Pure. */
export interface PodNetwork {
  /** What it runs as; undefined where it is not ours to bring. */
  readonly addon?: Addon
  readonly ports: readonly NodePort[]
  /** The file that containerd knows it by. */
  readonly configuration?: string
  /** What it keeps on a host of its Node, to be made anew when the Node's name, address or range changes. */
  readonly traces?: NetworkTraces
  /** Its pods on each node, where they read the address of their Node only when they start. */
  readonly pods?: Readonly<{ namespace: string; selector: string }>
  /** Flags of kube-controller-manager: who gives each node its share of the pods' range. */
  controllerManager(config: Config): Readonly<Record<string, string>>
  /** Fields of KubeProxyConfiguration: how it tells the pods of its node from everybody else. */
  kubeProxy(config: Config): Readonly<Record<string, unknown>>
}
