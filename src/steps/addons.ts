import { ADDONS } from '../addons/index.ts'
import type { Resource } from '../resources/types.ts'
import { manifest } from '../templates/manifest.ts'
import type { Step } from './types.ts'

/** kubectl as administrator, for the `ready` of add-ons. */
const K = 'k() { timeout 30 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }'

export const addons: Step = {
  id: 'addons',
  title: { en: 'Objects in the cluster', zh: '集群中的对象' },
  on: 'one-control-plane',
  leaves: ADDONS.flatMap(({ leaves }) => leaves ?? []),
  resources: (context): Resource[] =>
    ADDONS.filter((addon) => addon.wanted(context)).flatMap((addon): Resource[] => {
      const ready = addon.ready(context)
      const path = `/etc/slipway/manifests/${addon.name}.yaml`
      return [
        { kind: 'file', path, text: manifest(addon.objects(context)), mode: '0600' },
        {
          kind: 'objects',
          name: addon.name,
          manifest: path,
          as: 'admin',
          within: 300,
          ...(ready ? { ready: `${K}\n${ready}` } : {}),
        },
      ]
    }),
}
