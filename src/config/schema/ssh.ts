import { z } from 'zod'
import { key } from './key.ts'
import { port, secretRef } from './values.ts'

/** A host that others are reached through. */
export const bastion = z.strictObject({
  address: z
    .string()
    .min(1)
    .meta(key('operator', 'Name or address of the bastion', '203.0.113.10')),
  port: port.optional().meta(key('operator', "Port of the bastion's sshd (default: what ~/.ssh/config says, else 22)", 22)),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'User on the bastion (default: ssh.user, else what ~/.ssh/config says, else root)', 'jump')),
  ssh_key_path: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Private key for the bastion (default: ssh.key_path)', '~/.ssh/bastion')),
})

/** How hosts are reached, unless a node says otherwise. */
export const ssh = z.strictObject({
  user: z
    .string()
    .min(1)
    .optional()
    .meta(
      key('operator', 'User for every node that names none (default: what ~/.ssh/config says, else root); not root needs sudo', 'ubuntu'),
    ),
  port: port.optional().meta(key('live', 'Port for every node that names none (default: what ~/.ssh/config says, else 22)', 22)),
  key_path: z
    .string()
    .min(1)
    .optional()
    .meta(
      key(
        'operator',
        'Private key file; an encrypted one asks for its passphrase. Without it: the agent, then ~/.ssh/id_*',
        '~/.ssh/id_ed25519',
      ),
    ),
  password: secretRef
    .optional()
    .meta(key('operator', 'Where the login password is: env:NAME, file:PATH or cmd:COMMAND', 'env:SSH_PASSWORD')),
  sudo_password: secretRef.optional().meta(key('operator', 'Where the sudo password is; not needed with NOPASSWD', 'env:SUDO_PASSWORD')),
  known_hosts: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Known-hosts file of this cluster, besides ~/.ssh/known_hosts', 'known_hosts')),
  accept_new: z
    .boolean()
    .default(false)
    .meta(key('operator', 'Accept the key of a host never seen before without asking, and keep it. A changed key always stops')),
  connect_timeout: z.int().min(1).max(600).default(15).meta(key('operator', 'Seconds after which a host that does not answer is given up')),
  agent: z.boolean().default(true).meta(key('operator', 'Use the ssh agent when there is one')),
  config: z.boolean().default(true).meta(key('operator', 'Reach hosts as ~/.ssh/config says (what `ssh -G HOST` prints is done)')),
})
