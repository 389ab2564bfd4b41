// A first install that is killed: the next run finishes it, and the hosts end up as if nothing had happened. (Ten points: test/torture.)
import { test } from 'vitest'
import { type Point, survives } from './killed.ts'

const POINTS: readonly Point[] = [
  { host: 'w1', id: 'artifact containerd 2.3.4 containerd' },
  { host: 'cp1', id: 'unit kube-apiserver' },
  { host: 'cp1', id: 'objects coredns' },
]

test.each(POINTS)(
  'killed when $id begins on $host',
  async (point) => {
    await survives(point)
  },
  1_800_000,
)
