import { PLANE, WORKER, passes, stops, world } from './support.ts'

const { 'kernel.keys.root_maxkeys': _, ...keyless } = world[WORKER]?.sysctls ?? {}

stops([
  ['memory that is not counted', WORKER, { cgroupControllers: ['cpuset', 'cpu', 'pids'] }, /switched off: memory/, 3],
  ['no bridge netfilter', WORKER, { modules: ['overlay'], lackingModules: ['br_netfilter', 'vxlan'] }, /has no br_netfilter, vxlan/, 3],
  ['no keys', PLANE, { sysctls: keyless }, /has no kernel\.keys/, 3],
])

passes([
  ['a kernel that does not tell its controllers', WORKER, { cgroupControllers: [] }],
  ['built in, though there is nothing to load', WORKER, { modules: ['overlay', 'vxlan'], lackingModules: ['vxlan'] }],
])
