// The keys that control planes share, and how they are lost: on purpose, with a copy on the host that no run looks at.
import { expect } from 'vitest'
import { SECRET_NAMES, SECRET_PATHS } from '../../src/resources/secrets.ts'
import { type HostName, kubectl, on, onAll, type Operator } from './lab.ts'

const COPY = '/root/kubernetes-copy'

/** Every shared file. */
export const FILES = SECRET_NAMES.flatMap((name) => SECRET_PATHS[name])

export const keep = (hosts: readonly HostName[]) => onAll((host) => on(host, `rm -rf ${COPY}; cp -a /etc/kubernetes ${COPY}`), hosts)
export const giveBack = (hosts: readonly HostName[]) =>
  onAll((host) => on(host, `rm -rf /etc/kubernetes; cp -a ${COPY} /etc/kubernetes`), hosts)

/** Everything that a run could have changed, and the processes that it could have restarted. */
export const sums = (hosts: readonly HostName[]) =>
  onAll(
    (host) =>
      on(
        host,
        'find /etc/kubernetes /etc/slipway /etc/systemd/system /var/lib/slipway -type f | sort | xargs sha256sum; systemctl show etcd kube-apiserver kubelet -p MainPID',
      ),
    hosts,
  )

/** The shared files alone. */
export const keys = (hosts: readonly HostName[]) => onAll((host) => on(host, `sha256sum ${FILES.join(' ')}`), hosts)

export const writeWitness = async (): Promise<void> => {
  await kubectl('delete secret night --ignore-not-found')
  await kubectl('create secret generic night --from-literal=a=b')
}

/** The Secret that was written before, as each API server decrypts it. */
export const readWitness = async (hosts: readonly HostName[]): Promise<void> => {
  for (const host of hosts) expect(await kubectl("get secret night -o jsonpath='{.data.a}'", 60, host)).toBe('Yg==')
}

/** Exit 3 from each command that would change something, and not a byte changed. */
export const refused = async (operator: Operator, hosts: readonly HostName[], says: string): Promise<void> => {
  const before = await sums(hosts)
  for (const command of [['check'], ['up', '--yes'], ['certs', 'renew', '--yes']]) {
    const { exit, stderr } = await operator.run(...command)
    expect(exit, `${command.join(' ')}\n${stderr}`).toBe(3)
    expect(stderr).toContain('are lost; no control plane has a whole')
    expect(stderr).toContain(says)
  }
  expect(await sums(hosts)).toEqual(before)
}
