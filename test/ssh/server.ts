import { generateKeyPairSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type Ssh2 from 'ssh2'
import type { AuthContext, Connection, ServerChannel, Server as SshServer } from 'ssh2'

export const ssh2 = (await import('ssh2')).default as typeof Ssh2

/** A host key of an ssh2 server, and how a pin names it. */
export function hostKey(): { private: string; line: string } {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const parsed = ssh2.utils.parseKey(pair.privateKey) as Ssh2.ParsedKey
  return { private: pair.privateKey, line: `ssh-rsa ${parsed.getPublicSSH().toString('base64')}` }
}

export type Server = {
  port: number
  auths: { method: string; secret?: string }[]
  connections: Connection[]
  server: SshServer
  stop(): void
}

/** ssh2's own server, for what a real sshd cannot be made to do. Counts every authentication request. */
export async function startServer(
  key: string,
  options: { auth?: (context: AuthContext) => void; exec?: (channel: ServerChannel, command: string) => void } = {},
): Promise<Server> {
  const auths: Server['auths'] = []
  const connections: Connection[] = []
  const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
    connections.push(connection)
    connection.on('error', () => {})
    connection.on('authentication', (context) => {
      auths.push({ method: context.method, ...(context.method === 'password' ? { secret: context.password } : {}) })
      ;(options.auth ?? ((c) => c.accept()))(context)
    })
    connection.on('session', (accept) => accept().on('exec', (acceptExec, _reject, info) => options.exec?.(acceptExec(), info.command)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const sockets = new Set<Socket>()
  return {
    port: (server.address() as { port: number }).port,
    auths,
    connections,
    server,
    stop() {
      for (const connection of connections) connection.end()
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
