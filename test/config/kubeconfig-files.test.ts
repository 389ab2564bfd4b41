import { expect, test } from 'vitest'
import { kubeconfigFiles, writtenFile } from '../../src/config/kubeconfig-files.ts'

// As kubectl has it (client-go, tools/clientcmd): `kubectl config set-context` with the same KUBECONFIG writes the same file.
test.each<[string | undefined, readonly string[], readonly string[], string | undefined]>([
  [undefined, ['/home/me/.kube/config'], [], '/home/me/.kube/config'],
  ['', ['/home/me/.kube/config'], [], '/home/me/.kube/config'],
  ['a', ['a'], [], 'a'],
  ['a:b', ['a', 'b'], [], 'b'],
  ['a:b', ['a', 'b'], ['b'], 'b'],
  ['a:b', ['a', 'b'], ['a', 'b'], 'a'],
  [':a:b', ['a', 'b'], ['a'], 'a'],
  [':a:b', ['a', 'b'], [], 'b'],
  ['a::b:', ['a', 'b'], ['b'], 'b'],
  ['a:a', ['a'], [], 'a'],
  [':', [], [], undefined],
])('KUBECONFIG=%s: reads %j; with %j there, writes %s', (named, read, there, written) => {
  const files = kubeconfigFiles(named, '/home/me')
  expect(files).toEqual(read)
  expect(writtenFile(files, (path) => there.includes(path))).toBe(written)
})
