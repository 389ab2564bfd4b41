import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { problemOf, startHost } from './sshd.ts'

test('a frozen host is given up', { timeout: 40_000 }, async () => {
  const host = await startHost()
  const transport = await host.login()
  const running = problemOf(capture(transport, 'echo $PPID; sleep 300'))
  const children = descendants(host.child.pid as number)
  for (const pid of children) process.kill(pid, 'SIGSTOP')
  const problem = await running
  expect(problem.exit).toBe(4)
  expect(problem.en).toContain('connection lost')
  for (const pid of children) process.kill(pid, 'SIGKILL')
  await transport[Symbol.asyncDispose]()
  await host.stop()
})

/** sshd's processes for our connection. */
function descendants(pid: number): number[] {
  const children = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child)
  return children.flatMap((child) => [child, ...descendants(child)])
}
