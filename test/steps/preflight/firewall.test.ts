import { expect, test } from 'vitest'
import { passes, WORKER, warns, withFacts } from './support.ts'

const firewall = (tool: string, ...sources: string[]) => ({ firewall: { tool, sources } })

warns([
  [
    'ufw that lets the nodes in and not the pods',
    WORKER,
    firewall('ufw', '10.0.0.0/24'),
    /ufw keeps strangers out .* network of the pods, 10\.244\.0\.0\/16/,
  ],
  ['a policy that drops', WORKER, firewall('iptables'), /iptables keeps strangers out/],
  ['a network that is only a part of it', WORKER, firewall('nftables', '10.244.0.0/24'), /nftables keeps strangers out/],
])

passes([
  ['the pods are let in', WORKER, firewall('firewalld', '10.244.0.0/16')],
  ['with a larger network', WORKER, firewall('ufw', '10.0.0.0/8')],
])

test('the fix is a command of that tool', () => {
  const fixOf = (tool: string) => withFacts(WORKER, firewall(tool))[0]?.fix.en
  expect(fixOf('ufw')).toContain('`ufw allow from 10.244.0.0/16 && ufw route allow from 10.244.0.0/16`')
  expect(fixOf('firewalld')).toContain('--zone=trusted --add-source=10.244.0.0/16')
  expect(fixOf('iptables')).toContain('iptables -I INPUT -s 10.244.0.0/16 -j ACCEPT')
  expect(withFacts(WORKER, firewall('ufw', '10.0.0.0/8'))).toEqual([])
})
