import { heredoc } from '../shell/heredoc.ts'
import type { Kind, ObjectsResource } from './types.ts'

const EPHEMERAL = '/run/slipway/secret/super-admin.conf'

export const objects: Kind<ObjectsResource> = {
  id: (want) => `objects ${want.name}`,
  touches: () => [],
  diff: (want, { facts, pending }) => {
    if (pending.has(want.manifest))
      return { verb: facts.manifests[want.manifest] ? 'update' : 'create', reason: { en: 'its manifest changes', zh: '清单有变化' } }
    if (facts.manifests[want.manifest] === 'same') return undefined
    if (facts.manifests[want.manifest] === 'unknown')
      return {
        verb: 'update',
        reason: { en: 'the API did not say whether the cluster holds it', zh: 'API 未回答集群中是否有此清单的对象' },
      }
    return { verb: 'update', reason: { en: 'the cluster does not hold what the manifest says', zh: '集群中的对象与清单不一致' } }
  },
  produce: async (want, vault): Promise<Record<string, string>> =>
    want.as === 'system:masters'
      ? vault.issue({
          kind: 'certificate',
          path: EPHEMERAL,
          form: 'kubeconfig',
          authority: 'ca',
          commonName: 'kubernetes-super-admin',
          organizations: ['system:masters'],
          sans: [],
          usages: ['client'],
          days: 1 / 24,
          renewDays: 0,
          server: 'https://127.0.0.1:6443',
        })
      : {},
  // The one credential that stands above RBAC lives for an hour, in memory (/run is a tmpfs), and only while this script runs.
  script: (want, _, payload) => {
    const kubeconfig = want.as === 'admin' ? '' : `--kubeconfig ${EPHEMERAL} `
    const write =
      want.as === 'admin'
        ? ''
        : `install -d -m 0700 /run/slipway/secret\n${heredoc(`(umask 077; cat >${EPHEMERAL})`, payload[EPHEMERAL] ?? '')}`
    return [
      write,
      `applied() { k 50 ${kubeconfig}apply --server-side --force-conflicts --field-manager=slipway -f ${want.manifest}; }\n`,
      `await 60 ${want.name} applied\n`,
      want.as === 'admin' ? '' : 'rm -rf /run/slipway/secret\n',
      want.ready === undefined ? '' : `ready() {\n${want.ready}\n}\nawait ${want.within ?? 120} ${want.name} ready\n`,
    ].join('')
  },
  after: (want, { facts }) => ({ ...facts, api: 'ready', manifests: { ...facts.manifests, [want.manifest]: 'same' } }),
}
