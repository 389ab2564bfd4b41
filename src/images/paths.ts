import { entry, type Tree } from './tree.ts'

/** Where objects of a kind name an image, as written: "Prometheus:spec.image", "*:spec.jobs[].image"; `*` is any kind, key or element. */
export type ImagePath = Readonly<{ kind: string; steps: readonly string[] }>

/** Custom resources that name images outside of pod templates (the prometheus-operator's). */
export const KNOWN_PATHS: readonly string[] = [
  'Alertmanager:spec.image',
  'Prometheus:spec.image',
  'Prometheus:spec.thanos.image',
  'PrometheusAgent:spec.image',
  'ThanosRuler:spec.image',
]

const STEP = /^(?:[^.[\]]+(?:\[\])*|\[\])$/

/** Reads a path; undefined when it is none. Keys with dots cannot be written. */
export const parsePath = (text: string): ImagePath | undefined => {
  const colon = text.indexOf(':')
  const [kind, path] = colon < 0 ? ['*', text] : [text.slice(0, colon), text.slice(colon + 1)]
  const parts = path.split('.')
  if (kind === '' || parts.some((part) => !STEP.test(part))) return undefined
  return {
    kind,
    steps: parts.flatMap((part) =>
      part
        .replaceAll('[]', '\0*')
        .split('\0')
        .filter((step) => step !== ''),
    ),
  }
}

/** The values a path leads to. */
export const follow = (tree: Tree | undefined, steps: readonly string[]): readonly Tree[] => {
  const [step, ...rest] = steps
  if (tree === undefined || step === undefined) return tree === undefined ? [] : [tree]
  if (step !== '*') return follow(entry(tree, step), rest)
  const children = tree.kind === 'seq' ? tree.items : tree.kind === 'map' ? tree.entries.map(([, value]) => value) : []
  return children.flatMap((child) => follow(child, rest))
}
