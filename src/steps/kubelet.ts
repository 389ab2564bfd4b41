import { pathKubeconfig } from '../templates/kubeconfig.ts'
import { unitText } from '../templates/unit.ts'
import { yaml } from '../templates/yaml.ts'
import type { Resource } from '../resources/types.ts'
import { CIPHERS, FLEX_VOLUMES, installed, leaf, LOCAL_API, onNode, PKI, withExtraArgs } from './common.ts'
import { dnsServiceIp } from '../cluster/service-ips.ts'
import { networkOf } from '../addons/networks.ts'
import { misfitOf, NO_TRACES } from '../cluster/pod-network.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

const CONFIG = '/var/lib/kubelet/config.yaml'
const KUBECONFIG = '/etc/kubernetes/kubelet.conf'
const STORE = '/var/lib/kubelet/pki'
/** The name under which kubelet's own rotation keeps the certificate in use (client-go, certificate store). */
const CURRENT = `${STORE}/kubelet-client-current.pem`
const SEED = `${STORE}/kubelet-client-slipway.pem`
const SERVING = `${STORE}/kubelet`

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'

/** KubeletConfiguration (kubelet.config.k8s.io/v1beta1) with the settings CIS 4.2 asks for; the user's fields win. */
const configuration = (context: Context) => {
  const { config, facts, member } = context
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: `${PKI}/ca.crt` } },
    authorization: { mode: 'Webhook' },
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    tlsCertFile: `${SERVING}.crt`,
    tlsPrivateKeyFile: `${SERVING}.key`,
    tlsMinVersion: 'VersionTLS12',
    tlsCipherSuites: CIPHERS,
    rotateCertificates: true,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'systemd',
    // From 1.35 kubelet refuses cgroup v1 unless told otherwise.
    ...(facts.cgroup === 'v1' ? { failCgroupV1: false } : {}),
    clusterDNS: [dnsServiceIp(context)],
    clusterDomain: config.cluster_domain,
    resolvConf: resolvConf(facts),
    protectKernelDefaults: true,
    seccompDefault: true,
    podPidsLimit: 4096,
    eventRecordQPS: 50,
    kubeReserved: { cpu: '100m', memory: '256Mi', pid: '1000' },
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '5%', 'nodefs.inodesFree': '5%', 'imagefs.available': '5%' },
    mergeDefaultEvictionSettings: true,
    serializeImagePulls: false,
    maxParallelImagePulls: 5,
    containerLogMaxSize: '10Mi',
    // systemd-logind holds a shutdown back that long; a container has no logind of its own to ask.
    ...(facts.container ? {} : { shutdownGracePeriod: '60s', shutdownGracePeriodCriticalPods: '20s' }),
    ...(tainted(member) ? { registerWithTaints: [{ key: CONTROL_PLANE, effect: 'NoSchedule' }] } : {}),
    ...config.services.kubelet.config,
  }
}

/**
 * systemd-resolved's stub would send CoreDNS back to itself. A host whose resolv.conf names servers itself is asked for those: resolved may run
 * there without knowing any, and CoreDNS does not start without one.
 */
const resolvConf = ({ resolved, nameservers }: Context['facts']): string =>
  resolved && nameservers.every((server) => server.startsWith('127.') || server === '::1')
    ? '/run/systemd/resolve/resolv.conf'
    : '/etc/resolv.conf'

/**
 * Package unattended-upgrades lets logind wait 30 s, in a file that sorts behind kubelet's own 99-kubelet.conf: kubelet then holds no shutdown
 * back at all (kubernetes/kubernetes#102818). This name is behind both; kubelet tells logind to read it when it starts.
 */
const LOGIND = '/etc/systemd/logind.conf.d/zz-slipway.conf'

const inhibitDelay = (context: Context): Resource[] => {
  const period = context.facts.container ? undefined : (configuration(context) as Record<string, unknown>).shutdownGracePeriod
  if (typeof period !== 'string' || !/[1-9]/.test(period)) return []
  return [{ kind: 'file', path: LOGIND, text: `[Login]\nInhibitDelayMaxSec=${period}\n` }]
}

/** A control plane that is not also a worker keeps ordinary pods away, from its first moment on. */
const tainted = (member: Context['member']): boolean => member.roles.controlPlane && !member.roles.worker

const flags = ({ member }: Context): Record<string, string> => ({
  config: CONFIG,
  kubeconfig: KUBECONFIG,
  'cert-dir': STORE,
  'hostname-override': member.nodeName,
  'node-ip': member.ip,
})

/**
 * At every start: a swap partition that /etc/fstab no longer names is found by its type at the next boot (systemd-gpt-auto-generator(8)), and
 * with swap on kubelet does not start. A container's swap is its machine's.
 */
const withoutSwap = ({ config, facts }: Context): string[] =>
  facts.container || config.services.kubelet.config.failSwapOn === false ? [] : ['ExecStartPre=-/usr/sbin/swapoff -a']

/** kubelet rotates its client certificate and moves the link: the live file is the one that counts. */
const clientPath = ({ facts }: Context): string => {
  const live = facts.paths[CURRENT]?.target
  return live?.startsWith(`${STORE}/`) && facts.paths[live]?.certificate ? live : SEED
}

const tracesOf = ({ config }: Context) => networkOf(config).traces

const keptOf = (context: Context) => {
  const traces = tracesOf(context)
  return traces ? { links: [traces.link], files: [traces.lease] } : { links: [], files: [] }
}

/** A Node that is gone is registered when kubelet starts, and nothing else makes it register. */
const again = (context: Context) => {
  const { member, facts, world } = context
  const misfit = misfitOf(member.nodeName, facts, world, tracesOf(context) ?? NO_TRACES)
  return misfit ? { again: misfit.reason } : {}
}

const podNetwork = (context: Context): Resource[] => {
  const traces = tracesOf(context)
  return traces ? [{ kind: 'pod-network', node: context.member.nodeName, traces }] : []
}

const identity = (context: Context) => ({ commonName: `system:node:${context.member.nodeName}`, organizations: ['system:nodes'] })

export const kubelet: Step = {
  id: 'kubelet',
  title: { en: 'kubelet', zh: 'kubelet' },
  on: 'node',
  leaves: [
    'path /var/lib/kubelet',
    'path /etc/systemd/logind.conf.d/99-kubelet.conf',
    'empty /etc/systemd/logind.conf.d',
    'path /var/log/pods',
    'path /var/log/containers',
    ...FLEX_VOLUMES,
    'empty /etc/kubernetes/manifests',
    'chains KUBE',
    'path /run/xtables.lock',
  ],
  resources: (context): Resource[] => [
    {
      kind: 'certificate',
      path: clientPath(context),
      form: 'combined',
      authority: 'ca',
      ...identity(context),
      sans: [],
      usages: ['client'],
      ...leaf(context),
    },
    { kind: 'node-rename', to: context.member.nodeName, ...keptOf(context) },
    ...podNetwork(context),
    { kind: 'link', path: CURRENT, target: clientPath(context) },
    {
      kind: 'certificate',
      path: SERVING,
      form: 'pair',
      authority: 'ca',
      ...identity(context),
      sans: [...new Set([context.member.nodeName, context.member.ip])],
      usages: ['server'],
      ...leaf(context),
    },
    {
      kind: 'file',
      path: KUBECONFIG,
      mode: '0600',
      text: pathKubeconfig({ server: LOCAL_API, user: 'default-auth', authority: `${PKI}/ca.crt`, certificate: CURRENT, key: CURRENT }),
    },
    { kind: 'file', path: CONFIG, mode: '0600', text: yaml(configuration(context)) },
    ...inhibitDelay(context),
    {
      kind: 'unit',
      name: 'kubelet',
      inputs: [CONFIG, KUBECONFIG, `${SERVING}.crt`, `${PKI}/ca.crt`, ...inhibitDelay(context).map(() => LOGIND)],
      follows: [clientPath(context)],
      ...again(context),
      within: 90,
      ready: 'loopback 2 http://127.0.0.1:10248/healthz',
      text: unitText('kubelet', {
        description: 'Kubernetes node agent',
        argv: [
          installed('kubelet', 'kubelet', onNode(context)),
          ...withExtraArgs(flags(context), context.config.services.kubelet.extra_args),
        ],
        after: ['containerd.service'],
        wants: ['containerd.service'],
        type: 'exec',
        settings: [...withoutSwap(context), 'KillMode=process', 'CPUAccounting=true', 'MemoryAccounting=true'],
      }),
    },
  ],
}
