import { NOW } from '../../engine/scenarios.ts'
import { PLANE, WORKER, passes, stops, warns } from './support.ts'

stops([
  ['a clock ahead', WORKER, { now: NOW + 31 }, /31 s ahead of the other hosts/, 3],
  ['a clock behind', PLANE, { now: NOW - 3600 }, /3600 s behind the other hosts/, 3],
])

warns([['nothing keeps its clock', WORKER, { container: false, timeSync: '' }, /nothing keeps its clock/]])

passes([['a clock 30 s off', WORKER, { now: NOW + 30 }]])
