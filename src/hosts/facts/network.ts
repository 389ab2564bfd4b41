import { byName, type Rows } from '../probe-rows.ts'

/** The host's network, and what of it can be reached. */
export type NetworkFacts = Readonly<{
  resolved: boolean
  nameservers: readonly string[]
  /** sshd's public keys, "ssh-ed25519 AAAA...". */
  hostKeys: readonly string[]
  addresses: readonly Readonly<{ device: string; address: string; prefix: number }>[]
  defaultRoute: string
  mtu: Readonly<Record<string, number>>
  listening: readonly Readonly<{ port: number; process: string }>[]
  /** What keeps strangers out of the host, and the networks that its rules name; undefined where everybody is let in. */
  firewall?: Readonly<{ tool: string; sources: readonly string[] }>
  /** Chains of other pod networks in the packet filter. */
  foreignChains: readonly string[]
  reach: Readonly<Record<string, 'open' | 'closed' | 'filtered' | 'unreachable' | 'silent'>>
}>

const firewallFact = ([tool, sources = '']: readonly string[] = []): Pick<NetworkFacts, 'firewall'> =>
  tool ? { firewall: { tool, sources: sources.split(' ').filter(Boolean) } } : {}

/** Reads these facts from what the probe printed. */
export const networkFacts = ({ of, one, all }: Rows): NetworkFacts => ({
  resolved: one('resolved') === 'yes',
  nameservers: one('nameservers').trim().split(' ').filter(Boolean),
  hostKeys: all('host-key')
    .filter((key) => /^[\w-]+ [A-Za-z0-9+/=]+$/.test(key))
    .sort(),
  addresses: of('address').map(([device = '', cidr = '']) => ({
    device,
    address: cidr.split('/')[0] ?? '',
    prefix: Number(cidr.split('/')[1] ?? 32),
  })),
  defaultRoute: one('default-route'),
  mtu: byName(of('mtu'), (mtu = '') => Number(mtu)),
  listening: of('listen').map(([port = '', process = '']) => ({ port: Number(port), process })),
  ...firewallFact(of('firewall')[0]),
  foreignChains: all('foreign-chain'),
  reach: byName(of('reach'), (state = '') => state as 'open'),
})
