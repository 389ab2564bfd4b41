import { controlLoop } from './control-loop.ts'
import type { Step } from './types.ts'

const NAME = 'kube-scheduler'

export const scheduler: Step = {
  id: NAME,
  title: { en: NAME, zh: NAME },
  on: 'control-plane',
  resources: (context) =>
    controlLoop({ name: NAME, description: 'Kubernetes scheduler', short: 'scheduler', health: 'https://127.0.0.1:10259/readyz' }, context),
}
