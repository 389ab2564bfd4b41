import { PLANE, WORKER, passes, stops } from './support.ts'

stops([
  ["the API's port taken", PLANE, { listening: [{ port: 6443, process: 'nginx' }] }, /port 6443 is taken by nginx/, 3],
  ["the balancer's port taken", WORKER, { listening: [{ port: 6443, process: 'envoy' }] }, /port 6443 is taken by envoy/, 3],
  ["kubelet's port taken", WORKER, { listening: [{ port: 10250, process: 'java' }] }, /port 10250 is taken by java/, 3],
  ["etcd's port taken", '10.0.0.1', { listening: [{ port: 2380, process: 'redis' }] }, /port 2380 is taken by redis/, 3],
])

passes([
  [
    'our own parts on our ports',
    PLANE,
    {
      listening: [
        { port: 6443, process: 'kube-apiserver' },
        { port: 10257, process: 'kube-controller' },
      ],
    },
  ],
])
