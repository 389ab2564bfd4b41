import { PLANE, WORKER, stops, world } from './support.ts'

stops([
  ['the name of another host', WORKER, { hostname: 'cp1' }, /its name cp1 is also that of/, 3],
  ['the name of another host, but for capitals', WORKER, { hostname: 'CP1' }, /"CP1"|its name cp1/, 3],
  ['the machine-id of another host', WORKER, { machineId: world[PLANE]?.machineId ?? '' }, /machine-id is also that of/, 3],
])
