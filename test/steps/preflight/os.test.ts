import { PLANE, WORKER, passes, stops } from './support.ts'

stops([
  ['another system', PLANE, { os: { id: 'centos', version: '7', codename: '' } }, /system is centos 7/, 3],
  ['a release too old', PLANE, { os: { id: 'debian', version: '11', codename: 'bullseye' } }, /debian 11/, 3],
  ['another architecture', WORKER, { arch: 'riscv64' }, /architecture is riscv64/, 3],
  ['no systemd', WORKER, { systemd: 0 }, /systemd is not its first process/, 3],
  ['an old systemd', WORKER, { systemd: 239 }, /older than 240/, 3],
  ['not root', WORKER, { uid: 1000 }, /did not run as root/, 3],
])

passes([['arm64', WORKER, { arch: 'arm64' }]])
