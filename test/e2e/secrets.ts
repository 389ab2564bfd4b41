// What must not be seen: the keys a host holds, found where they lie, and searched for where they should not be.
import { type HostName, on } from './lab.ts'

const lines = (text: string): string[] => text.split('\n').filter(Boolean)

/** What nobody else knows of a P-256 key in PKCS #8: it begins at byte 36, and the first line of PEM holds 12 bytes of it. The rest of the text is public. */
const ofKey = (pem: string): string[] => [...pem.matchAll(/PRIVATE KEY-----\n\S{48}(\S{16})\n/g)].map(([, part = '']) => part)

const inText = (text: string): string[] => [
  ...ofKey(text),
  ...[...text.matchAll(/secret: (\S+)/g)].map(([, secret = '']) => secret),
  // A kubeconfig holds the key's PEM as base64: the same bytes, three for four characters.
  ...[...text.matchAll(/client-key-data: (\S+)/g)].flatMap(([, data = '']) => [
    ...ofKey(Buffer.from(data, 'base64').toString()),
    data.slice(104, 124),
  ]),
]

/** A piece of every private key and encryption key on these hosts that stands nowhere else. */
export const secretsOf = async (hosts: readonly HostName[]): Promise<string[]> => {
  const all = await Promise.all(
    hosts.map((host) => on(host, 'find /etc/kubernetes /var/lib/kubelet/pki -type f | while read -r f; do base64 -w 0 "$f"; echo; done')),
  )
  return [...new Set(all.flatMap(lines).flatMap((line) => inText(Buffer.from(line, 'base64').toString())))]
}

/** Files on a host that hold one of these, or any private key, and that everybody may read. */
export const readableSecrets = async (host: HostName, secrets: readonly string[]): Promise<string[]> =>
  lines(
    await on(
      host,
      `cat >/run/canaries <<'END'\n${secrets.join('\n')}\nPRIVATE KEY-----\nEND
      find / -xdev \\( -path /proc -o -path /sys -o -path /usr -o -path /run/canaries \\) -prune -o -type f -perm -o+r -size -1024k -print0 | xargs -0 grep -lF -f /run/canaries || true
      find /var/lib/kubelet /var/lib/etcd /run /tmp -xdev -path /run/canaries -prune -o -type f -perm -o+r -size -1024k -print0 2>/dev/null | xargs -0 -r grep -lF -f /run/canaries || true
      rm -f /run/canaries`,
      180,
    ),
  )
