import type { Facts, NodeFact } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import type { Difference, Kind, NodeResource } from './types.ts'

/** The annotation that lists the labels and taints Slipway set: only those are ever taken away again. */
const MANAGED = 'slipway/managed'

type Managed = Readonly<{ labels: readonly string[]; taints: readonly string[] }>

const taintId = (taint: { key: string; effect: string }): string => `${taint.key}:${taint.effect}`

const managedOf = (want: NodeResource): Managed => ({ labels: Object.keys(want.labels).sort(), taints: want.taints.map(taintId).sort() })

const managedBefore = (node: NodeFact | undefined): Managed => {
  try {
    return node?.managed ? (JSON.parse(node.managed) as Managed) : { labels: [], taints: [] }
  } catch {
    return { labels: [], taints: [] }
  }
}

type Edits = { labels: string[]; taints: string[] }

/** Arguments for `kubectl label` and `kubectl taint`: KEY=VALUE sets, KEY- takes away. */
const edits = (want: NodeResource, node: NodeFact | undefined): Edits => {
  const before = managedBefore(node)
  const has = (taint: { key: string; value: string; effect: string }) =>
    node?.taints.some((seen) => taintId(seen) === taintId(taint) && (seen.value ?? '') === taint.value) ?? false
  return {
    labels: [
      ...Object.entries(want.labels)
        .filter(([key, value]) => node?.labels[key] !== value)
        .map(([key, value]) => `${key}=${value}`),
      ...before.labels.filter((key) => !(key in want.labels) && node?.labels[key] !== undefined).map((key) => `${key}-`),
    ],
    taints: [
      ...want.taints.filter((taint) => !has(taint)).map((taint) => `${taint.key}=${taint.value}:${taint.effect}`),
      ...before.taints
        .filter((id) => !want.taints.some((taint) => taintId(taint) === id) && node?.taints.some((seen) => taintId(seen) === id))
        .map((id) => `${id}-`),
    ],
  }
}

/** A Node that is not in the list has not registered, if there is a list. */
const unseen = ({ nodeList, api }: Facts): Difference => {
  if (nodeList === 'refused')
    return {
      verb: 'update',
      reason: { en: 'the API refused to list the nodes, so it could not be compared', zh: 'API 拒绝列出节点，因此无法比较' },
    }
  if (nodeList === 'silent' || (nodeList === 'unasked' && api === 'down'))
    return {
      verb: 'update',
      reason: { en: 'the API does not answer, so it could not be compared', zh: 'API 没有响应，因此无法比较' },
    }
  return { verb: 'create', reason: { en: 'it has not registered yet', zh: '尚未注册' } }
}

const managedText = (want: NodeResource): string => JSON.stringify(managedOf(want))

export const node: Kind<NodeResource> = {
  id: (want) => `node ${want.name}`,
  touches: () => [],
  diff: (want, { facts }) => {
    const seen = facts.nodes.find(({ name }) => name === want.name)
    if (!seen) return unseen(facts)
    const { labels, taints } = edits(want, seen)
    const changed = [...labels, ...taints]
    if (changed.length > 0)
      return {
        verb: 'update',
        reason: { en: 'its labels or taints changed', zh: '标签或污点有变化' },
        diff: changed.map((edit) => (edit.endsWith('-') ? `-${edit.slice(0, -1)}` : `+${edit}`)).join('\n'),
      }
    return seen.managed === managedText(want)
      ? undefined
      : { verb: 'update', reason: { en: 'the record of what Slipway set is old', zh: 'Slipway 的设置记录已过时' } }
  },
  script: (want, difference) => {
    // Setting is repeatable, so everything wanted is set; what to take away was decided from what was seen.
    const removed = (difference.diff ?? '')
      .split('\n')
      .filter((line) => line.startsWith('-'))
      .map((line) => quote(`${line.slice(1)}-`))
    const [goneTaints, goneLabels] = [removed.filter((edit) => edit.includes(':')), removed.filter((edit) => !edit.includes(':'))]
    const labels = [...Object.entries(want.labels).map(([key, value]) => quote(`${key}=${value}`)), ...goneLabels]
    const taints = [...want.taints.map((taint) => quote(`${taint.key}=${taint.value}:${taint.effect}`)), ...goneTaints]
    return [
      `registered() { k 20 get node ${quote(want.name)} -o name; }\nawait 120 ${quote(`node ${want.name}`)} registered\n`,
      labels.length > 0 ? `k 20 label --overwrite node ${quote(want.name)} ${labels.join(' ')}\n` : '',
      taints.length > 0 ? `k 20 taint --overwrite node ${quote(want.name)} ${taints.join(' ')}\n` : '',
      `k 20 annotate --overwrite node ${quote(want.name)} ${quote(`${MANAGED}=${managedText(want)}`)}\n`,
    ].join('')
  },
  after: (want, { facts }) => {
    const seen = facts.nodes.find(({ name }) => name === want.name)
    const before = managedBefore(seen)
    const kept = Object.entries(seen?.labels ?? {}).filter(([key]) => !before.labels.includes(key))
    const taints = (seen?.taints ?? []).filter(
      (taint) => !before.taints.includes(taintId(taint)) && !want.taints.some((wanted) => taintId(wanted) === taintId(taint)),
    )
    const next: NodeFact = {
      name: want.name,
      kubelet: seen?.kubelet ?? '',
      ready: seen?.ready ?? false,
      unschedulable: seen?.unschedulable ?? false,
      address: seen?.address ?? '',
      podCidr: seen?.podCidr ?? '',
      drained: seen?.drained ?? false,
      labels: { ...Object.fromEntries(kept), ...want.labels },
      taints: [...taints, ...want.taints],
      managed: managedText(want),
    }
    return { ...facts, nodes: [...facts.nodes.filter(({ name }) => name !== want.name), next] }
  },
}
