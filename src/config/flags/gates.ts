import { say } from '../words.ts'
import { REMOVE, type Refusal } from './refusal.ts'

/** Feature gates that a minor of Kubernetes no longer knows: a component does not start with one (CHANGELOG of each minor). */
const GONE: Readonly<Record<number, readonly string[]>> = {
  33: ['AppArmor', 'CPUManager', 'DisableCloudProviders'],
  34: ['LegacySidecarContainers', 'PodDisruptionConditions', 'DevicePluginCDIDevices'],
  36: ['WatchFromStorageWithoutResourceVersion', 'HonorPVReclaimPolicy', 'CSIMigrationPortworx'],
  37: [
    'StructuredAuthenticationConfiguration',
    'AnonymousAuthConfigurableEndpoints',
    'SidecarContainers',
    'JobPodReplacementPolicy',
    'APIServerTracing',
  ],
}

/** The names in "A=true,B=false". */
const namesIn = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(',')).map((one) => one.split('=')[0]?.trim() ?? '')

/** Feature gates that are gone, for every component of Kubernetes that takes the flag. */
export const GATES: readonly Refusal[] = Object.entries(GONE).flatMap(([minor, names]) =>
  names.map(
    (name): Refusal => ({
      flags: ['feature-gates'],
      since: Number(minor),
      good: (values) => !namesIn(values).includes(name),
      what: say(
        `Kubernetes 1.${minor} no longer knows the feature gate ${name}: the component would not start.`,
        `Kubernetes 1.${minor} 已移除特性门控 ${name}：组件将无法启动。`,
      ),
      fix: REMOVE,
    }),
  ),
)
