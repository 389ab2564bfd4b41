import { expect, test } from 'vitest'
import { userName } from '../../src/hosts/user-name.ts'

const nobody = (): never => {
  throw new Error('uv_os_get_passwd returned ENOENT (no such file or directory)')
}

test.each([
  [{ USER: 'ci', LOGNAME: 'log' }, 'ci'],
  [{ USER: '', LOGNAME: 'log' }, 'log'],
  [{}, `${process.getuid?.()}`],
])('a user whom the system gives no name, as in a container, with %j: %s', (env, name) => {
  expect(userName(env, nobody)).toBe(name)
})

test("the system's name comes first", () => expect(userName({ USER: 'other' }, () => 'me')).toBe('me'))
