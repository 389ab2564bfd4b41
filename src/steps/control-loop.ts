import type { Resource } from '../resources/types.ts'
import { pathKubeconfig } from '../templates/kubeconfig.ts'
import { unitText } from '../templates/unit.ts'
import { clientCertificate, installed, LOCAL_API, PKI, withExtraArgs } from './common.ts'
import type { Context } from '../cluster/types.ts'

/** A program that asks the API and leads by lease: the controller manager and the scheduler. */
export type ControlLoop = Readonly<{
  name: 'kube-controller-manager' | 'kube-scheduler'
  description: string
  /** Name of its kubeconfig and its certificate: "scheduler". */
  short: string
  /** Those that are its own; what both are told is added. */
  flags?: Readonly<Record<string, string>>
  /** Files it reads once, besides its kubeconfig and the cluster's CA. */
  inputs?: readonly string[]
  health: string
}>

/** What both are told: whose rights they have, that they serve on loopback, and that one of them leads. */
const common = (kubeconfig: string): Record<string, string> => ({
  kubeconfig,
  'authentication-kubeconfig': kubeconfig,
  'authorization-kubeconfig': kubeconfig,
  'bind-address': '127.0.0.1',
  'leader-elect': 'true',
  profiling: 'false',
})

/** Certificate, kubeconfig and unit of a control loop. */
export const controlLoop = (loop: ControlLoop, context: Context): Resource[] => {
  const { name, short } = loop
  const kubeconfig = `/etc/kubernetes/${short}.conf`
  const certificate = `${PKI}/${short}`
  const user = `system:${name}`
  const extra = context.config.services[name].extra_args
  return [
    clientCertificate(context, { path: certificate, commonName: user }),
    {
      kind: 'file',
      path: kubeconfig,
      mode: '0600',
      text: pathKubeconfig({
        server: LOCAL_API,
        user,
        authority: `${PKI}/ca.crt`,
        certificate: `${certificate}.crt`,
        key: `${certificate}.key`,
      }),
    },
    {
      kind: 'unit',
      name,
      // client-go reads its certificate again by itself, but only after minutes: too late for one that has ended or whose CA goes.
      inputs: [kubeconfig, `${certificate}.crt`, `${PKI}/ca.crt`, ...(loop.inputs ?? [])],
      within: 90,
      // Its serving certificate is one it makes for itself in memory, so there is no CA to check it by; nothing but liveness is asked, on loopback.
      ready: `loopback 2 -k ${loop.health}`,
      text: unitText(name, {
        description: loop.description,
        argv: [installed(name, name, context), ...withExtraArgs({ ...common(kubeconfig), ...loop.flags }, extra)],
        after: ['kube-apiserver.service'],
        type: 'exec',
      }),
    },
  ]
}
