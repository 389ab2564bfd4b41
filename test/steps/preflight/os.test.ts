import { PLANE, WORKER, passes, stops, warns } from './support.ts'

stops([
  ['another system', PLANE, { os: { id: 'centos', version: '7', codename: '' } }, /system is centos 7/, 3],
  ['a release too old', PLANE, { os: { id: 'debian', version: '11', codename: 'bullseye' } }, /debian 11/, 3],
  ['another architecture', WORKER, { arch: 'riscv64' }, /architecture is riscv64/, 3],
  ['no systemd', WORKER, { systemd: 0 }, /systemd is not its first process/, 3],
  ['an old systemd', WORKER, { systemd: 239 }, /older than 240/, 3],
  ['not root', WORKER, { uid: 1000 }, /did not run as root/, 3],
])

passes([
  ['arm64', WORKER, { arch: 'arm64' }],
  ['Ubuntu 26.04', WORKER, { os: { id: 'ubuntu', version: '26.04', codename: 'resolute' } }],
])

const derived = (id: string, version: string, like: string) => ({ os: { id, version, codename: '', like } })
warns([
  ['made from Ubuntu', WORKER, derived('linuxmint', '22', 'ubuntu debian'), /linuxmint 22: Slipway was not tried/],
  ['made from Debian', WORKER, derived('deepin', '25', 'debian'), /deepin 25: Slipway was not tried/],
  ['newer than what is known', WORKER, derived('debian', '14', ''), /debian 14: Slipway was not tried/],
  ['without a number', WORKER, derived('debian', '', ''), /debian: Slipway was not tried/],
])
