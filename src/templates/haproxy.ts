import { hostPort } from '../host-port.ts'
/** A backend of the balancer. */
export type Backend = Readonly<{ name: string; address: string }>

/**
 * The node-local way to the API: TCP to every control plane whose /readyz says ok, its certificate checked. A server that is gone, or lost its
 * etcd, has its connections cut, so that clients move instead of waiting (haproxy configuration manual, on-marked-down). One that says itself
 * that it shuts down gets no new connections, but finishes what it was asked: it serves for --shutdown-delay-duration more and then sends its
 * clients away by itself.
 */
export const haproxyConfig = (backends: readonly Backend[], authority: string): string =>
  [
    'global',
    '  maxconn 4096',
    '  log stdout format raw local0 notice',
    // After a reload the old worker keeps its connections, but checks nobody's health any more.
    '  hard-stop-after 2m',
    '',
    'defaults',
    '  mode tcp',
    '  log global',
    '  option redispatch',
    '  retries 3',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout check 2s',
    '',
    'frontend kube-apiserver',
    '  bind 127.0.0.1:6443',
    '  default_backend control-planes',
    '',
    'backend control-planes',
    '  balance leastconn',
    '  option httpchk GET /readyz',
    // Matched against the body: the first rule decides between up and down, the second takes a server out of the rota (L7OKC).
    '  http-check expect rstring "^ok|shutdown failed"',
    // A lone control plane is asked for as long as it serves: there is no other.
    ...(backends.length > 1 ? ['  http-check expect status 200 error-status L7OKC'] : []),
    `  default-server check check-ssl verify required ca-file ${authority} inter 1s fall 2 rise 1 on-marked-down shutdown-sessions`,
    ...backends.map(({ name, address }) => `  server ${name} ${hostPort(address, 6443)}`),
    '',
  ].join('\n')
