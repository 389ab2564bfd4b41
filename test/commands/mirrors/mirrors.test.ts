import { expect, test } from 'vitest'
import { mirrors } from '../../../src/commands/mirrors/index.ts'
import { fakeIo, options, silentCluster } from '../support.ts'

const run = async (output: 'text' | 'json', file: string) => {
  const { io, printed } = fakeIo()
  const exit = await mirrors.run(options({ files: [file], output, rest: ['test'] }), io)
  return { exit, ...printed }
}

test('no host answered: no order of mirrors is suggested', async () => {
  const { exit, out, err } = await run('text', silentCluster())
  expect({ exit, out }).toEqual({ exit: 4, out: '' })
  expect(err).not.toContain('An order that works')
})

test('-o json has the problems, of the hosts and of the file', async () => {
  const { exit, out, err } = await run('json', silentCluster())
  expect({ exit, err: err.includes('1 error') }).toEqual({ exit: 4, err: true })
  expect(JSON.parse(out)).toMatchObject({ mirrors: [], suggested: {}, problems: [{ at: 'root@127.0.0.1:1' }] })
  const missing = await run('json', '/nonexistent/cluster.yml')
  expect(missing.exit).toBe(2)
  expect(JSON.parse(missing.out)).toMatchObject({ problems: [{ at: '/nonexistent/cluster.yml' }] })
})
