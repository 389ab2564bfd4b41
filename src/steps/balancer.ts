import { haproxyConfig } from '../templates/haproxy.ts'
import { unitText } from '../templates/unit.ts'
import { PKI } from './common.ts'
import { controlPlanes } from '../cluster/roles.ts'
import type { Step } from './types.ts'

const NAME = 'kube-apiserver-balancer'
const CONFIG = '/etc/slipway/haproxy.cfg'

export const balancer: Step = {
  id: NAME,
  title: { en: 'Node-local API balancer', zh: '节点本地 API 负载均衡' },
  on: 'worker-only',
  resources: (context) => [
    { kind: 'trust', path: `${PKI}/ca.crt`, authority: 'ca' },
    {
      kind: 'file',
      path: CONFIG,
      text: haproxyConfig(
        controlPlanes(context).map(({ nodeName, ip }) => ({ name: nodeName, address: ip })),
        `${PKI}/ca.crt`,
      ),
    },
    {
      kind: 'unit',
      name: NAME,
      inputs: [],
      reloads: [CONFIG, `${PKI}/ca.crt`],
      within: 30,
      ready: `loopback 3 --cacert ${PKI}/ca.crt https://127.0.0.1:6443/readyz`,
      text: unitText(NAME, {
        description: 'Node-local balancer over the kube-apiservers',
        argv: ['/usr/sbin/haproxy', '-Ws', '-f', CONFIG],
        type: 'notify',
        // On SIGUSR2 its master starts workers with the new file and lets the old ones finish (haproxy management guide, chapter 4).
        settings: ['KillMode=mixed', 'ExecReload=/bin/kill -USR2 $MAINPID'],
      }),
    },
  ],
}
