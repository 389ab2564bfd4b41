import { pathKubeconfig } from '../templates/kubeconfig.ts'
import { unitText } from '../templates/unit.ts'
import { clientCertificate, installed, LOCAL_API, PKI, withExtraArgs } from './common.ts'
import type { Context, Step } from './types.ts'

const NAME = 'kube-controller-manager'
const CONFIG = '/etc/kubernetes/controller-manager.conf'
const CERTIFICATE = `${PKI}/controller-manager`

const flags = ({ config }: Context): Record<string, string> => ({
  kubeconfig: CONFIG,
  'authentication-kubeconfig': CONFIG,
  'authorization-kubeconfig': CONFIG,
  'bind-address': '127.0.0.1',
  'leader-elect': 'true',
  profiling: 'false',
  'use-service-account-credentials': 'true',
  'service-account-private-key-file': `${PKI}/sa.key`,
  'root-ca-file': `${PKI}/ca.crt`,
  'client-ca-file': `${PKI}/ca.crt`,
  'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
  'cluster-signing-cert-file': `${PKI}/ca.crt`,
  'cluster-signing-key-file': `${PKI}/ca.key`,
  'cluster-name': config.cluster_name,
  'allocate-node-cidrs': 'true',
  'cluster-cidr': config.network.pod_cidr,
  'node-cidr-mask-size': String(config.network.node_mask),
  'service-cluster-ip-range': config.network.service_cidr,
  'terminated-pod-gc-threshold': '1000',
})

export const controllerManager: Step = {
  id: NAME,
  title: { en: NAME, zh: NAME },
  on: 'control-plane',
  resources: (context) => [
    clientCertificate({ path: CERTIFICATE, commonName: 'system:kube-controller-manager' }),
    {
      kind: 'file',
      path: CONFIG,
      mode: '0600',
      text: pathKubeconfig({
        server: LOCAL_API,
        user: 'system:kube-controller-manager',
        authority: `${PKI}/ca.crt`,
        certificate: `${CERTIFICATE}.crt`,
        key: `${CERTIFICATE}.key`,
      }),
    },
    {
      kind: 'unit',
      name: NAME,
      // client-go reads its certificate again by itself; what it signs with it does not.
      inputs: [CONFIG, `${PKI}/ca.crt`, `${PKI}/sa.pub`, `${PKI}/front-proxy-ca.crt`],
      within: 90,
      // Its serving certificate is one it makes for itself in memory, so there is no CA to check it by; nothing but liveness is asked, on loopback.
      ready: 'curl -fsSk --max-time 2 https://127.0.0.1:10257/healthz',
      text: unitText(NAME, {
        description: 'Kubernetes controller manager',
        argv: [installed(NAME, NAME, context), ...withExtraArgs(flags(context), context.config.services[NAME].extra_args)],
        after: ['kube-apiserver.service'],
        type: 'exec',
      }),
    },
  ],
}
