// The wall: what the hosts send anywhere but here is counted and dropped.
import { execFileSync } from 'node:child_process'

// nft comes with its own C library, not this image's; so it is started by its own loader.
const NET = '/opt/net/usr'
const LOADER = `${NET}/lib64/ld-linux-x86-64.so.2`
const NFT = ['--library-path', `${NET}/lib/x86_64-linux-gnu`, `${NET}/sbin/nft`]
const TABLE = 'ip wall'

const nft = (args: readonly string[], input = ''): string =>
  execFileSync(LOADER, [...NFT, ...args], { input, encoding: 'utf8', timeout: 10_000 })

export function raiseWall(own: string): void {
  // Prerouting, since nothing reaches the forward hook where forwarding is off.
  nft(
    ['-f', '-'],
    `table ${TABLE} {}
delete table ${TABLE}
table ${TABLE} {
  counter dropped { }
  set seen {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    size 4096
    flags dynamic
    counter
  }
  chain in {
    type filter hook prerouting priority raw; policy accept;
    iifname "lo" accept
    ip daddr { ${own}, 224.0.0.0/4, 255.255.255.255, 10.77.0.255 } accept
    update @seen { ip saddr . ip daddr . meta l4proto . th dport }
    counter name dropped drop
  }
}
`,
  )
}

export interface Dropped {
  readonly packets: number
  readonly seen: readonly string[]
}

export function dropped(): Dropped {
  const lines = nft(['list', 'table', 'ip', 'wall'])
  const packets = /counter dropped \{\s*packets (\d+)/.exec(lines)?.[1] ?? '0'
  const seen = [...lines.matchAll(/(\S+ \. \S+ \. \S+ \. \S+) counter packets (\d+)/g)]
  return { packets: Number(packets), seen: seen.map(([, what = '', count = '']) => `${what} x${count}`) }
}
