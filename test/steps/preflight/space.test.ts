import { PLANE, WORKER, passes, stops } from './support.ts'

const room = (freeMiB: number, more: { mount?: string; freeInodes?: number; writable?: boolean } = {}) => ({
  ...{ mount: '/', freeMiB, freeInodes: 100_000, writable: true },
  ...more,
})

stops([
  [
    'a small /opt of its own',
    WORKER,
    { space: { '/opt': room(100, { mount: '/opt' }) } },
    /\/opt \(\/opt\) has 100 MiB free; about \d+ are needed/,
    3,
  ],
  [
    'places that share a file system, which holds each but not all',
    WORKER,
    { space: { '/opt': room(400), '/var/lib/slipway': room(400), '/var/lib/containerd': room(400) } },
    /\(\/opt, \/var\/lib\/slipway, \/var\/lib\/containerd\) has 400 MiB free/,
    3,
  ],
  [
    'no inodes left',
    WORKER,
    { space: { '/var/lib/containerd': room(9000, { freeInodes: 120 }) } },
    /has 120 inodes free; about \d+ are needed/,
    3,
  ],
  ['a read-only file system', PLANE, { space: { '/etc/kubernetes': room(9000, { writable: false }) } }, /read-only: \/etc\/kubernetes/, 3],
])

passes([
  ['enough of all', PLANE, { space: { '/opt': room(9000), '/var/lib/slipway': room(9000), '/var/lib/containerd': room(9000) } }],
  ['a file system that counts no inodes', WORKER, { space: { '/opt': { mount: '/', freeMiB: 9000, writable: true } } }],
])
