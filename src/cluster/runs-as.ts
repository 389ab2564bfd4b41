import type { Facts } from '../hosts/facts.ts'

/** The value of a flag that a unit's own file gives it; undefined when it is not there. */
export const runningFlag = (facts: Pick<Facts, 'paths'> | undefined, unit: string, flag: string): string | undefined =>
  new RegExp(`^ *"?--${flag}=([^"\\s]*)`, 'm').exec(facts?.paths[`/etc/systemd/system/${unit}.service`]?.text ?? '')?.[1]

/** The name of the Node that a host's kubelet was set up as; undefined before its first kubelet. */
export const runsAs = (facts: Pick<Facts, 'paths'> | undefined): string | undefined => runningFlag(facts, 'kubelet', 'hostname-override')
