import { ADDONS, addonsOf } from '../addons/index.ts'
import type { Addon } from '../addons/types.ts'
import type { Resource } from '../resources/types.ts'
import { manifest } from '../templates/manifest.ts'
import { trustMark } from './trust.ts'
import type { Step } from './types.ts'

type Workload = { kind?: string; spec?: { template?: { metadata?: { annotations?: object } } } }

/** The objects of an add-on; its pods carry the mark of the CAs they have to know. */
const marked = (objects: readonly object[], mark: Readonly<Record<string, string>>): readonly object[] =>
  Object.keys(mark).length === 0
    ? objects
    : objects.map((object) => {
        const { kind = '', spec } = object as Workload
        if (!/^(Deployment|DaemonSet|StatefulSet)$/.test(kind)) return object
        const { template } = spec ?? {}
        const annotations = { ...template?.metadata?.annotations, ...mark }
        return { ...object, spec: { ...spec, template: { ...template, metadata: { ...template?.metadata, annotations } } } }
      })

/** Where the objects of an add-on lie on the control planes. */
export const manifestPath = ({ name }: Addon): string => `/etc/slipway/manifests/${name}.yaml`

/** Every control plane holds them, so that any of them can see whether the cluster does. */
export const manifests: Step = {
  id: 'manifests',
  title: { en: 'Manifests', zh: '清单' },
  on: 'control-plane',
  resources: (context): Resource[] =>
    addonsOf(context.config).map((addon) => ({
      kind: 'file',
      path: manifestPath(addon),
      text: manifest(marked(addon.objects(context), trustMark(context))),
      mode: '0600',
    })),
}

export const addons: Step = {
  id: 'addons',
  title: { en: 'Objects in the cluster', zh: '集群中的对象' },
  on: 'one-control-plane',
  leaves: ADDONS.flatMap(({ leaves }) => leaves ?? []),
  resources: (context): Resource[] =>
    addonsOf(context.config).map((addon) => {
      const ready = addon.ready(context)
      return {
        kind: 'objects',
        name: addon.name,
        manifest: manifestPath(addon),
        as: 'admin',
        within: 300,
        ...(ready ? { ready } : {}),
      }
    }),
}
