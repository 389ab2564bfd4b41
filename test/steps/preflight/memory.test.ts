import { PLANE, WORKER, passes, stops } from './support.ts'

stops([
  ['little memory on a control plane', PLANE, { memoryMiB: 1699 }, /1699 MiB of memory; 1700 are needed/, 3],
  ['little memory on a worker', WORKER, { memoryMiB: 699 }, /699 MiB of memory; 700 are needed/, 3],
])

passes([['just enough memory', PLANE, { memoryMiB: 1700 }]])
