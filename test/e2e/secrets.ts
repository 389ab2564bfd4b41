// What must not be seen: the keys a host holds, found where they lie, and searched for where they should not be.
import { type HostName, on } from './lab.ts'

const lines = (text: string): string[] => text.split('\n').filter(Boolean)

/** The texts of every private key and of the encryption key on these hosts, a line of each. */
export const secretsOf = async (hosts: readonly HostName[]): Promise<string[]> => {
  const all = await Promise.all(
    hosts.map((host) =>
      on(
        host,
        `find /etc/kubernetes /var/lib/kubelet/pki -type f | while read -r f; do
          sed -n '/PRIVATE KEY/,/END/{/KEY/d;p}' "$f"
          sed -n 's/.*client-key-data: //p' "$f" | base64 -d | sed '/KEY/d'
          sed -n 's/.*client-key-data: //p; s/.*secret: //p' "$f"
        done`,
      ),
    ),
  )
  // Beyond its first line, so that what all keys of a kind have in common is not taken for a secret.
  return [
    ...new Set(
      all
        .flatMap(lines)
        .map((line) => line.slice(24))
        .filter((line) => line.length >= 16),
    ),
  ]
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
    ),
  )
