import { decode, type Rows } from '../probe-rows.ts'

/** The machine under the system, and its kernel. */
export type MachineFacts = Readonly<{
  hostname: string
  boot: string
  kernel: string
  arch: 'amd64' | 'arm64' | string
  machineId: string
  /** From /etc/os-release; `like` is ID_LIKE, the systems that this one is made from. */
  os: Readonly<{ id: string; version: string; codename: string; like?: string }>
  memoryMiB: number
  cpus: number
  container: boolean
  sysResource: boolean
  cgroup: 'v1' | 'v2'
  /** Those that are switched on; empty when the kernel does not tell. */
  cgroupControllers: readonly string[]
  diskMiB: number
  /** Of each place that is written to: its file system, what is free there (`freeInodes` where it counts them), and whether it takes anything. */
  space: Readonly<Record<string, Readonly<{ mount: string; freeMiB: number; freeInodes?: number; writable: boolean }>>>
  swap: readonly string[]
  fstabSwap: readonly string[]
}>

const CAP_SYS_RESOURCE = 24n
const ARCH: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' }

const spaceOf = (rows: readonly (readonly string[])[]): MachineFacts['space'] =>
  Object.fromEntries(
    rows.map(([path = '', writable = '', free = '', inodes = '', mount = '']) => [
      path,
      { mount, freeMiB: Number(free), writable: writable === 'yes', ...(inodes === '-' ? {} : { freeInodes: Number(inodes) }) },
    ]),
  )

/** Reads these facts from what the probe printed. */
export const machineFacts = ({ of, one, all }: Rows): MachineFacts => {
  const [id = '', version = '', codename = '', like = ''] = of('os')[0] ?? []
  return {
    hostname: decode(one('hostname')).trim(),
    boot: one('boot'),
    kernel: one('kernel'),
    arch: ARCH[one('machine')] ?? one('machine'),
    machineId: one('machine-id'),
    os: { id, version, codename, ...(like === '' ? {} : { like }) },
    memoryMiB: Math.round(Number(one('memory')) / 1024),
    cpus: Number(one('cpus')),
    container: one('container') !== '' && one('container') !== 'none',
    sysResource: ((BigInt(`0x${one('capabilities') || '0'}`) >> CAP_SYS_RESOURCE) & 1n) === 1n,
    cgroup: one('cgroup') === 'v2' ? 'v2' : 'v1',
    cgroupControllers: one('cgroup-controllers').split(' ').filter(Boolean),
    diskMiB: Number(one('disk')),
    space: spaceOf(of('space')),
    swap: all('swap'),
    fstabSwap: all('fstab-swap'),
  }
}
