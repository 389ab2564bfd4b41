import { yaml } from './yaml.ts'

/**
 * What the API's audit log keeps: who did what, never the contents of Secrets, and not the steady noise of probes and watches
 * (kubernetes.io, Auditing; CIS 3.2.1).
 */
export const auditPolicy = (): string =>
  yaml({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi*'] },
      { level: 'None', users: ['system:kube-proxy'], verbs: ['watch'] },
      { level: 'None', verbs: ['get', 'update', 'patch'], resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
      { level: 'None', resources: [{ group: '', resources: ['events'] }, { group: 'events.k8s.io' }] },
      { level: 'Metadata' },
    ],
  })

/**
 * Anonymous requests reach the three health paths and nothing else, so that a balancer can ask without a certificate
 * (kubernetes.io, anonymous authenticator configuration; stable since 1.34).
 */
export const authenticationConfiguration = (): string =>
  yaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [],
    anonymous: { enabled: true, conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }] },
  })
