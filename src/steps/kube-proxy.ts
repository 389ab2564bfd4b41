import { networkOf } from '../addons/networks.ts'
import { pathKubeconfig } from '../templates/kubeconfig.ts'
import { unitText } from '../templates/unit.ts'
import { yaml } from '../templates/yaml.ts'
import { clientCertificate, installed, LOCAL_API, onNode, PKI } from './common.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

const NAME = 'kube-proxy'
const CONFIG = '/var/lib/kube-proxy/config.yaml'
const KUBECONFIG = '/etc/kubernetes/proxy.conf'
const CERTIFICATE = `${PKI}/kube-proxy`

/** KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1); the mode is always named, because 1.37 warns without. */
const configuration = ({ config, facts, member }: Context) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: config.network.proxy_mode,
  clientConnection: { kubeconfig: KUBECONFIG },
  ...networkOf(config).kubeProxy(config),
  hostnameOverride: member.nodeName,
  healthzBindAddress: '0.0.0.0:10256',
  metricsBindAddress: '127.0.0.1:10249',
  nodePortAddresses: ['primary'],
  // Where the kernel's connection table belongs to the machine below, asking for a size is fatal (pkg/proxy conntrack settings).
  ...(facts.conntrackWritable ? {} : { conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' } }),
  ...config.services['kube-proxy'].config,
})

export const kubeProxy: Step = {
  id: NAME,
  title: { en: NAME, zh: NAME },
  on: 'node',
  leaves: ['path /var/lib/kube-proxy', 'table ip kube-proxy', 'table ip6 kube-proxy', 'chains KUBE'],
  resources: (context) => [
    clientCertificate(context, { path: CERTIFICATE, commonName: 'system:kube-proxy' }),
    {
      kind: 'file',
      path: KUBECONFIG,
      mode: '0600',
      text: pathKubeconfig({
        server: LOCAL_API,
        user: 'system:kube-proxy',
        authority: `${PKI}/ca.crt`,
        certificate: `${CERTIFICATE}.crt`,
        key: `${CERTIFICATE}.key`,
      }),
    },
    { kind: 'file', path: CONFIG, mode: '0600', text: yaml(configuration(context)) },
    {
      kind: 'unit',
      name: NAME,
      inputs: [CONFIG, KUBECONFIG, `${CERTIFICATE}.crt`, `${PKI}/ca.crt`],
      within: 90,
      // /livez, not /healthz: a cordoned or deleted node is unhealthy for load balancers and yet runs well (KEP-3836).
      ready: 'loopback 2 http://127.0.0.1:10256/livez',
      text: unitText(NAME, {
        description: 'Kubernetes network proxy',
        argv: [installed(NAME, NAME, onNode(context)), `--config=${CONFIG}`],
        type: 'exec',
      }),
    },
  ],
}
