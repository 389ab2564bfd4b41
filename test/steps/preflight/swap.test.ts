import { WORKER, passes, stops } from './support.ts'

stops([['swap', WORKER, { swap: ['/dev/sda2', '/swapfile'] }, /swap is on \(\/dev\/sda2, \/swapfile\)/, 3]])

passes([['swap in fstab that is off', WORKER, { fstabSwap: ['/dev/sda2'] }]])
