import { pathKubeconfig } from '../templates/kubeconfig.ts'
import { unitText } from '../templates/unit.ts'
import { clientCertificate, installed, LOCAL_API, PKI, withExtraArgs } from './common.ts'
import type { Step } from './types.ts'

const NAME = 'kube-scheduler'
const CONFIG = '/etc/kubernetes/scheduler.conf'
const CERTIFICATE = `${PKI}/scheduler`

const FLAGS = {
  kubeconfig: CONFIG,
  'authentication-kubeconfig': CONFIG,
  'authorization-kubeconfig': CONFIG,
  'bind-address': '127.0.0.1',
  'leader-elect': 'true',
  profiling: 'false',
}

export const scheduler: Step = {
  id: NAME,
  title: { en: NAME, zh: NAME },
  on: 'control-plane',
  resources: (context) => [
    clientCertificate({ path: CERTIFICATE, commonName: 'system:kube-scheduler' }),
    {
      kind: 'file',
      path: CONFIG,
      mode: '0600',
      text: pathKubeconfig({
        server: LOCAL_API,
        user: 'system:kube-scheduler',
        authority: `${PKI}/ca.crt`,
        certificate: `${CERTIFICATE}.crt`,
        key: `${CERTIFICATE}.key`,
      }),
    },
    {
      kind: 'unit',
      name: NAME,
      inputs: [CONFIG, `${PKI}/ca.crt`],
      within: 90,
      // As for the controller manager: a certificate of its own making, asked on loopback for nothing but liveness.
      ready: 'curl -fsSk --max-time 2 https://127.0.0.1:10259/readyz',
      text: unitText(NAME, {
        description: 'Kubernetes scheduler',
        argv: [installed(NAME, NAME, context), ...withExtraArgs(FLAGS, context.config.services[NAME].extra_args)],
        after: ['kube-apiserver.service'],
        type: 'exec',
      }),
    },
  ],
}
