import { ADDONS } from '../addons/index.ts'
import type { Addon } from '../addons/types.ts'
import type { Resource } from '../resources/types.ts'
import { manifest } from '../templates/manifest.ts'
import type { Step } from './types.ts'

/** kubectl as administrator, for the `ready` of add-ons. */
const K = 'k() { timeout 30 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }'

const pathOf = ({ name }: Addon): string => `/etc/slipway/manifests/${name}.yaml`

/** Every control plane holds them, so that any of them can see whether the cluster does. */
export const manifests: Step = {
  id: 'manifests',
  title: { en: 'Manifests', zh: '清单' },
  on: 'control-plane',
  resources: (context): Resource[] =>
    ADDONS.filter((addon) => addon.wanted(context)).map((addon) => ({
      kind: 'file',
      path: pathOf(addon),
      text: manifest(addon.objects(context)),
      mode: '0600',
    })),
}

export const addons: Step = {
  id: 'addons',
  title: { en: 'Objects in the cluster', zh: '集群中的对象' },
  on: 'one-control-plane',
  leaves: ADDONS.flatMap(({ leaves }) => leaves ?? []),
  resources: (context): Resource[] =>
    ADDONS.filter((addon) => addon.wanted(context)).map((addon) => {
      const ready = addon.ready(context)
      return {
        kind: 'objects',
        name: addon.name,
        manifest: pathOf(addon),
        as: 'admin',
        within: 300,
        ...(ready ? { ready: `${K}\n${ready}` } : {}),
      }
    }),
}
