import { PLANE, WORKER, passes, stops, warns } from './support.ts'

stops([
  ['a filtered port', PLANE, { reach: { '10.0.0.1/tcp/2379': 'filtered' } }, /cannot reach e1 \(10\.0\.0\.1\) on port 2379\/tcp/, 3],
  ['no way to a kubelet', PLANE, { reach: { '10.0.0.21/tcp/10250': 'unreachable' } }, /cannot reach w1 \(10\.0\.0\.21\) on port 10250/, 3],
])

warns([['another MTU', WORKER, { mtu: { eth0: 9000 } }, /MTU is 9000, another node's is 1500/]])

passes([['a port that is closed, because nothing listens yet', PLANE, { reach: { '10.0.0.1/tcp/2379': 'closed' } }]])
