import { PLANE, WORKER, passes, stops } from './support.ts'

stops([['a full disk', WORKER, { diskMiB: 4095 }, /4095 MiB free; 4096 are needed/, 3]])

passes([['just enough disk', PLANE, { diskMiB: 4096 }]])
