import { networkOf } from '../addons/networks.ts'
import { secondsOf } from '../config/duration.ts'
import { rotationOf } from '../resources/generations.ts'
import { SIGNING_PATH } from '../resources/secrets.ts'
import { FLEX_VOLUMES, PKI } from './common.ts'
import { controlLoop } from './control-loop.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

const NAME = 'kube-controller-manager'

/** The certificate of the CA alone: kube-controller-manager refuses a bundle to sign with. */
const signing = ({ world }: Context): string => (rotationOf(world, 'ca')?.other ? SIGNING_PATH : `${PKI}/ca.crt`)

const flags = (context: Context): Record<string, string> => {
  const { config } = context
  return {
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': `${PKI}/sa.key`,
    'root-ca-file': `${PKI}/ca.crt`,
    'client-ca-file': `${PKI}/ca.crt`,
    'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
    'cluster-signing-cert-file': signing(context),
    'cluster-signing-key-file': `${PKI}/ca.key`,
    // What kubelet renews by itself lives as long as what it was seeded with.
    'cluster-signing-duration': `${secondsOf(config.certificates.lifetime)}s`,
    'cluster-name': config.cluster_name,
    ...networkOf(config).controllerManager(config),
    'service-cluster-ip-range': config.network.service_cidr,
    'terminated-pod-gc-threshold': '1000',
  }
}

export const controllerManager: Step = {
  id: NAME,
  title: { en: NAME, zh: NAME },
  on: 'control-plane',
  leaves: FLEX_VOLUMES,
  resources: (context) =>
    controlLoop(
      {
        name: NAME,
        description: 'Kubernetes controller manager',
        short: 'controller-manager',
        flags: flags(context),
        inputs: [
          ...(signing(context) === SIGNING_PATH ? [SIGNING_PATH] : []),
          `${PKI}/ca.key`,
          `${PKI}/sa.pub`,
          `${PKI}/sa.key`,
          `${PKI}/front-proxy-ca.crt`,
        ],
        health: 'https://127.0.0.1:10257/healthz',
      },
      context,
    ),
}
