/** One control plane's part in carrying the virtual address. */
export type VirtualAddress = Readonly<{
  name: string
  address: string
  device: string
  routerId: number
  own: string
  peers: readonly string[]
  authority: string
}>

/**
 * VRRP by unicast, so that no network has to pass multicast. A control plane whose own API server is not ready weighs less than the others, so
 * the address goes to one of them. All weigh the same otherwise: nothing moves back by itself, which would cut connections again, and when no
 * API server is ready the address stays where it is.
 */
export const keepalivedConfig = ({ name, address, device, routerId, own, peers, authority }: VirtualAddress): string =>
  [
    'global_defs {',
    `  router_id ${name}`,
    '  script_user root',
    '  enable_script_security',
    '}',
    '',
    'vrrp_script kube_apiserver {',
    `  script "/usr/bin/curl -q -fsS --noproxy 127.0.0.1 --max-time 4 -o /dev/null --cacert ${authority} https://127.0.0.1:6443/readyz"`,
    '  interval 2',
    '  timeout 5',
    '  fall 3',
    '  rise 2',
    '  weight -50',
    '}',
    '',
    'vrrp_instance kube_apiserver {',
    '  state BACKUP',
    `  interface ${device}`,
    `  virtual_router_id ${routerId}`,
    '  priority 100',
    '  advert_int 1',
    ...(peers.length > 0 ? [`  unicast_src_ip ${own}`, '  unicast_peer {', ...peers.map((peer) => `    ${peer}`), '  }'] : []),
    '  virtual_ipaddress {',
    `    ${address}/32 dev ${device}`,
    '  }',
    '  track_script {',
    '    kube_apiserver',
    '  }',
    '}',
    '',
  ].join('\n')
