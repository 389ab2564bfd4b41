// Hosts on which no cluster can be installed: all of them are named in one run, and none of them is touched.
import { beforeAll, expect, test } from 'vitest'
import { fresh, HOSTS, type HostName, on, onAll, Operator } from './lab.ts'
import { difference, SAME, traces } from './snapshot.ts'

let operator: Operator
let before: Record<HostName, string[]>

/** A package that says it is an old containerd. */
const OLD_CONTAINERD = `
mkdir -p /tmp/old/DEBIAN
printf 'Package: containerd\\nVersion: 1.6.20~ds1-1\\nArchitecture: all\\nMaintainer: lab <lab@example.com>\\nDescription: old\\n' >/tmp/old/DEBIAN/control
dpkg-deb --build /tmp/old /tmp/old.deb >/dev/null && dpkg -i /tmp/old.deb >/dev/null`

beforeAll(async () => {
  operator = new Operator()
  await fresh(...HOSTS)
  await Promise.all([
    // /proc/swaps is the kernel's, and this one is shared: only this host is to see another one.
    on(
      'cp1',
      `printf 'Filename\\tType\\tSize\\tUsed\\tPriority\\n/dev/vdb2 partition 999 0 -2\\n' >/run/swaps && mount --bind /run/swaps /proc/swaps`,
    ),
    on('w1', 'hostname chen-PC && mkdir -p /run/sshd && /usr/sbin/sshd -p 10250'),
    on(
      'w2',
      `${OLD_CONTAINERD}\nprintf '#!/bin/sh\\n[ "$*" != +%%s ] || exec /bin/date -d "now + 10 minutes" "$@"\\nexec /bin/date "$@"\\n' >/usr/local/sbin/date && chmod 755 /usr/local/sbin/date`,
    ),
  ])
  before = await onAll(traces)
})

test.each([['up', '--yes'], ['plan'], ['check']])('%s: every unfit host and why, exit 3', async (...command) => {
  // The Node names are the hosts' own here.
  operator.write(({ nodes }) => {
    for (const node of nodes) delete node.hostname_override
  })
  const { exit, stderr } = await operator.run(...command)
  expect(exit).toBe(3)
  const of = (address: string): string =>
    stderr
      .split('\n')
      .filter((line) => line.startsWith(`root@${address}:22:`))
      .join('\n')
  expect(of('10.77.0.11')).toMatch(/swap.*\/dev\/vdb2/)
  expect(of('10.77.0.21')).toMatch(/"chen-PC".*DNS-1123.*hostname_override: chen-pc.*set_hostname: true/)
  expect(of('10.77.0.21')).toMatch(/port 10250.*sshd/)
  expect(of('10.77.0.22')).toMatch(/containerd 1\.6\.20.*2\.2\.0/)
  expect(of('10.77.0.22')).toMatch(/clock.*(59\d|60\d) s ahead/)
})

test('nothing was changed on any of them', async () => {
  const after = await onAll(traces)
  for (const host of HOSTS) expect(difference(before[host], after[host])).toEqual(SAME)
})

test('a name that Kubernetes cannot have is a warning where hostname_override gives a better one', async () => {
  await Promise.all([
    on('cp1', 'umount /proc/swaps'),
    on('w1', 'pkill -f "[s]shd -p 10250"'),
    on('w2', 'dpkg --purge containerd >/dev/null 2>&1; rm -f /usr/local/sbin/date'),
  ])
  operator.write(() => {})
  const { exit, stderr } = await operator.run('check')
  expect(stderr).toMatch(/root@10\.77\.0\.21:22: warning.*chen-PC/)
  expect(exit).toBe(0)
})
