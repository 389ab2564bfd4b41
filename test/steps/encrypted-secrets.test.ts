import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rewriteScript } from '../../src/steps/encrypted-secrets.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/**
 * kubectl of a cluster with the Secrets a/s, b/s and b/t, and none in "empty". What is replaced is kept in `written`. `list` and `replace` are sh
 * that may fail: a list of the Secrets of $namespace, the replacing of secret/$name.
 */
const kubectl = ({ list = ':', replace = ':' }: { list?: string; replace?: string }): string => `
timeout() { shift; "$@"; }
in_namespace() { case $1 in a) echo s ;; b) printf 's\\nt\\n' ;; empty) ;; *) exit 99 ;; esac; }
kubectl() {
	shift 3
	if [ "$*" = "get namespaces -o jsonpath={range .items[*]}{.metadata.name}{\\"\\\\n\\"}{end}" ]; then printf 'a\\nempty\\nb\\n'; return; fi
	[ "$1" = -n ] || exit 98
	namespace=$2
	shift 2
	case "$*" in
	'get secrets -o name') ${list} && in_namespace "$namespace" | sed s,^,secret/, ;;
	'get secrets -o json') in_namespace "$namespace" ;;
	'get secret/'*' --ignore-not-found -o json') for one; do case $one in secret/*) echo "\${one#secret/}" ;; esac; done ;;
	'replace -f - -o name')
		code=0
		while read -r name; do
			if ${replace}; then echo "$namespace/$name" >>${host.path('written')}; echo "secret/$name"; else code=1; fi
		done
		return $code
		;;
	*) exit 97 ;;
	esac
}`

/** As sh: false the first \`times\` it is asked. */
const failing = (times: number): string => `{ echo x >>${host.path('asked')}; [ "$(grep -c . ${host.path('asked')})" -gt ${times} ]; }`

test('every namespace with Secrets is written, once', () => {
  expect(host.run(rewriteScript('key2'), kubectl({}))).toMatchObject({ status: 0 })
  expect(host.read('written')).toBe('a/s\nb/s\nb/t\n')
})

test('a namespace whose Secrets could not be listed is asked again: it does not pass for an empty one, and the others are not written twice', () => {
  const list = `{ [ "$namespace" != b ] || ${failing(2)}; }`
  expect(host.run(rewriteScript('key2'), kubectl({ list }))).toMatchObject({ status: 0 })
  expect(host.read('written')).toBe('a/s\nb/s\nb/t\n')
})

test('a Secret that is refused is tried again; those beside it are not written twice', () => {
  const replace = `{ [ "$name" != t ] || ${failing(2)}; }`
  expect(host.run(rewriteScript('key2'), kubectl({ replace }))).toMatchObject({ status: 0 })
  expect(host.read('written')).toBe('a/s\nb/s\nb/t\n')
})

test('a script that was cut off is gone on with; another key begins anew', () => {
  const cutOff = kubectl({ replace: '{ [ "$name" != t ] || kill -KILL $$; }' })
  expect(host.run(rewriteScript('key2'), cutOff).status).not.toBe(0)
  expect(host.run(rewriteScript('key2'), kubectl({}))).toMatchObject({ status: 0 })
  expect(host.read('written')).toBe('a/s\nb/s\nb/t\n')
  expect(host.run(rewriteScript('key3'), kubectl({}))).toMatchObject({ status: 0 })
  expect(host.read('written')).toBe('a/s\nb/s\nb/t\na/s\nb/s\nb/t\n')
})

describe('where etcd runs on the host', () => {
  /** etcd's answers, one after the other: what key each of the three Secrets is under. */
  const etcdctl = (...answers: readonly string[][]): string =>
    `\netcdctl() {\n\techo x >>${host.path('etcd')}\n\tcase $(grep -c . ${host.path('etcd')}) in\n${answers
      .map(
        (keys, index) =>
          `\t${index + 1}) ${keys.map((key, at) => `printf '/registry/secrets/${['a/s', 'b/s', 'b/t'][at]}\\nk8s:enc:secretbox:v1:${key}:\\000\\377\\n:key2:\\n'`).join('; ')} ;;\n`,
      )
      .join('')}\t*) exit 96 ;;\n\tesac\n}`
  beforeEach(() => host.write('var/lib/etcd/member/x', ''))

  test('what is under the new key is left alone', () => {
    expect(host.run(rewriteScript('key2'), kubectl({}) + etcdctl(['key2', 'key2', 'key2']))).toMatchObject({ status: 0 })
    expect(host.read('written')).toBe('a/s\nb/s\nb/t\n')
  })

  test('one under another key is written again, and no other', () => {
    const answers = etcdctl(['key2', 'key2', 'key1'], ['key2', 'key2', 'key2'])
    expect(host.run(rewriteScript('key2'), kubectl({}) + answers)).toMatchObject({ status: 0 })
    expect(host.read('written')).toBe('a/s\nb/s\nb/t\nb/t\n')
  })
})
