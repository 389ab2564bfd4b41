import type { Environment, SshTarget, Transport } from './transport.ts'

/** Connects to a host. `localhost` is this machine, without ssh. */
export async function connect(target: SshTarget, environment: Environment): Promise<Transport> {
  if (target.address === 'localhost') return (await import('./local.ts')).connectLocal(target, environment)
  return (await import('./ssh.ts')).connectSsh(target, environment)
}
