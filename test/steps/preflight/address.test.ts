import { WORKER, stops } from './support.ts'

stops([
  [
    'an address that is not its own',
    WORKER,
    { addresses: [{ device: 'eth0', address: '192.0.2.9', prefix: 24 }], defaultRoute: 'eth9' },
    /10\.0\.0\.21 is none of its addresses/,
    3,
  ],
])
