import type { Host } from '../config/hosts.ts'
import type { SshTarget } from './transport.ts'

/** How a host of cluster.yml is reached. */
export const targetOf = ({ address, ssh }: Host): SshTarget => ({ address, ...ssh })
