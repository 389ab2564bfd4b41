import { address } from './address.ts'
import { clock, timeSync } from './clock.ts'
import { oldContainerd } from './containerd.ts'
import { disk } from './disk.ts'
import { duplicates } from './duplicates.ts'
import { hostname } from './hostname.ts'
import { cgroupControllers, kernelKeys, kernelModules } from './kernel.ts'
import { hostFirewall } from './firewall.ts'
import { leftovers } from './leftovers.ts'
import { memory } from './memory.ts'
import { architecture, operatingSystem, root, systemd } from './os.ts'
import { otherNetworks } from './other-networks.ts'
import { ports } from './ports.ts'
import { proxyMode } from './proxy-mode.ts'
import { space } from './space.ts'
import { swap } from './swap.ts'
import type { Check } from './check.ts'
import type { Step } from '../types.ts'

const CHECKS: readonly Check[] = [
  operatingSystem,
  architecture,
  systemd,
  root,
  cgroupControllers,
  kernelModules,
  kernelKeys,
  memory,
  disk,
  space,
  swap,
  hostname,
  duplicates,
  address,
  clock,
  timeSync,
  ports,
  leftovers,
  otherNetworks,
  hostFirewall,
  oldContainerd,
  proxyMode,
]

/** Whether a host is fit, asked before anything changes; every problem of every host is reported at once. */
export const preflight: Step = {
  id: 'preflight',
  title: { en: 'Checks of the host', zh: '主机检查' },
  on: 'every',
  problems: (context) => CHECKS.flatMap((check) => check(context) ?? []),
  resources: () => [],
}
