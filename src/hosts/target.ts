import type { Host } from '../config/hosts.ts'
import type { SshTarget } from './transport.ts'

/** How a host of cluster.yml is reached. */
export const targetOf = ({ address, port, user, ssh }: Host): SshTarget => ({ address, port, user, ...ssh })
