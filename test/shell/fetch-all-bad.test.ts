import { afterEach, beforeEach, expect, test } from 'vitest'
import { FAULTS, PIN, Sources } from '../mirrors/sources.ts'

const sources = new Sources()
beforeEach(() => sources.open())
afterEach(() => sources.close())

test.for(Object.entries(FAULTS))(
  '%s everywhere: not installed, and nothing left but the beginning of the file under its digest',
  async ([, { handler }]) => {
    const [one, two] = [await sources.start('one', handler), await sources.start('two', handler)]
    const { code, notes, stderr } = await sources.script(`${sources.fetchFrom([`${one}/file`, `${two}/file`])}\necho installed`)
    expect(code).toBe(1)
    expect(notes).toHaveLength(2)
    expect(stderr).toContain('no source delivered file')
    expect(stderr).toContain(`${two.replace('http://', '')}: file: `)
    await expect(sources.got()).rejects.toThrow()
    expect((await sources.leftovers()).filter((name) => name !== PIN.slice(7))).toEqual([])
  },
)
