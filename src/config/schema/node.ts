import { z } from 'zod'
import { key } from './key.ts'
import { bastion } from './ssh.ts'
import { ipv4, name, port, secretRef } from './values.ts'

/** What a host can be. */
export const ROLES = ['control-plane', 'etcd', 'worker'] as const

const taint = z.strictObject({
  key: z
    .string()
    .min(1)
    .meta(key('live', 'Key of the taint', 'dedicated')),
  value: z
    .string()
    .default('')
    .meta(key('live', 'Value of the taint', 'gpu')),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).meta(key('live', 'What the taint does', 'NoSchedule')),
})

/** One host. */
export const node = z.strictObject({
  address: z
    .string()
    .min(1)
    .meta(key('restart', 'Where ssh reaches the host: a name, an IPv4 address, or `localhost` for this machine', '10.0.0.11')),
  role: z
    .array(z.enum(ROLES))
    .min(1)
    .meta(
      key(
        'restart',
        'What the host is: control-plane, etcd, worker; a role can be added, not taken away. A control plane holds etcd unless nodes with the role etcd exist',
        ['control-plane'],
      ),
    ),
  hostname_override: name.optional().meta(key('drain', "The Node's name (default: the host's own name); a DNS-1123 subdomain", 'cp1')),
  set_hostname: z
    .boolean()
    .default(false)
    .meta(key('install', "Give the host itself the Node's name (/etc/hostname, /etc/hosts, cloud-init)")),
  internal_address: ipv4
    .optional()
    .meta(
      key(
        'restart',
        'The address other nodes use (default: address, when it is one of the host, else the one of its default route)',
        '10.0.0.11',
      ),
    ),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'User for ssh (default: ssh.user)', 'ubuntu')),
  port: port.optional().meta(key('live', 'Port for ssh (default: ssh.port)', 22)),
  ssh_key_path: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Private key for ssh (default: ssh.key_path)', '~/.ssh/id_ed25519')),
  password: secretRef.optional().meta(key('operator', 'Where the login password is (default: ssh.password)', 'env:CP1_PASSWORD')),
  sudo_password: secretRef
    .optional()
    .meta(key('operator', 'Where the sudo password is (default: ssh.sudo_password)', 'env:CP1_SUDO_PASSWORD')),
  host_key: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', "The host's public key, pinned: the key itself, or the file that holds it", 'keys/cp1.pub')),
  bastion_host: bastion.optional().meta(key('operator', 'Bastion for this node (default: the bastion_host of the cluster)')),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .meta(key('live', 'Labels of the Node', { zone: 'a' })),
  taints: z
    .array(taint)
    .default([])
    .meta(key('live', 'Taints of the Node; a control plane without the role worker gets node-role.kubernetes.io/control-plane:NoSchedule')),
})
