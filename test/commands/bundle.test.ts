import { expect, test } from 'vitest'
import { bundle } from '../../src/commands/bundle.ts'
import { fakeIo, options } from './support.ts'

test('flags that name nothing: -o json says so on stdout', async () => {
  const { io, printed } = fakeIo()
  const flags = { arch: ['amd64,mips'], 'upgrade-to': ['v1.2.3'] }
  expect(await bundle.run(options({ rest: ['create'], flags, output: 'json' }), io)).toBe(2)
  expect(JSON.parse(printed.out)).toMatchObject({ problems: [{ at: '--upgrade-to v1.2.3' }, { at: '--arch mips' }] })
})
