import { afterEach, beforeEach, expect, test } from 'vitest'
import { rewriteScript } from '../../src/steps/encrypted-secrets.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/** kubectl of a cluster with Secrets in "a" and "b" and none in "empty"; for a while it cannot list those of "b". */
const kubectl = (refusals: number): string =>
  [
    'timeout() { shift; "$@"; }',
    'kubectl() {\n\tcase "$*" in',
    `\t*'get namespaces'*) printf 'a\\nempty\\nb\\n' ;;`,
    '\t*"-n empty"*) ;;',
    `\t*'-n b get secrets -o name') echo x >>${host.path('asked')}; [ "$(grep -c . ${host.path('asked')})" -gt ${refusals} ] && echo secret/s ;;`,
    `\t*'get secrets -o name') echo secret/s ;;`,
    `\t*'get secrets -o json') echo '{}' ;;`,
    `\t*replace*) echo "$5" >>${host.path('written')} ;;`,
    '\tesac\n}',
  ].join('\n')

test('every namespace with Secrets is written, once', () => {
  expect(host.run(rewriteScript('key2'), kubectl(0)).status).toBe(0)
  expect(host.read('written')).toBe('a\nb\n')
})

test('a namespace whose Secrets could not be listed is asked again: it does not pass for an empty one', () => {
  expect(host.run(rewriteScript('key2'), kubectl(1)).status).toBe(0)
  expect(host.read('written')).toBe('a\na\nb\n')
})
