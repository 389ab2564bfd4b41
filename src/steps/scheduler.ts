import { controlLoop, loopKubeconfig } from './control-loop.ts'
import type { Step } from './types.ts'

const NAME = 'kube-scheduler'
const SHORT = 'scheduler'
const CONFIG = loopKubeconfig(SHORT)

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
  resources: (context) =>
    controlLoop(
      { name: NAME, description: 'Kubernetes scheduler', short: SHORT, flags: FLAGS, health: 'https://127.0.0.1:10259/readyz' },
      context,
    ),
}
