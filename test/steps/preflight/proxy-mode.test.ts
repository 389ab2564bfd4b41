import { WORKER, passes, stops } from './support.ts'

stops([['a kernel too old for nftables', WORKER, { kernel: '5.10.0-30-amd64' }, /kernel 5\.10\.0-30-amd64 is too old/, 3]])

passes([
  ['a kernel just new enough', WORKER, { kernel: '5.13.0-1' }],
  ['iptables on an old kernel', WORKER, { kernel: '6.0.0' }],
])
