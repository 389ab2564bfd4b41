import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import type { Event } from '../../src/engine/events.ts'
import type { Change } from '../../src/engine/change.ts'
import { listrReporter } from '../../src/ui/report-listr.ts'
import type { ReporterOptions } from '../../src/ui/reporter.ts'
import { createReporter } from '../../src/ui/create-reporter.ts'
import { created, members, plainStyle, reported, run, tooWide } from './support.ts'

const kind = (name: 'plain' | 'json' | 'listr') => (options: ReporterOptions) => createReporter(name, options)
const simple = (options: ReporterOptions) => listrReporter(options, 'simple')

describe('plain', () => {
  test('one line for each thing that is through', async () => {
    expect(await reported(kind('plain'), 'en', run)).toMatchInlineSnapshot(`
      "[1/2] Keys of the cluster: 1 host, 1 change
      [cp1] CAs, service-account key, encryption key: create shared secret ca ... done 0.0 s
      [2/2] Prepare the hosts, API servers: 3 hosts, 4 changes
      [cp2] note: https://mirrors.aliyun.com/debian: HTTP 404
      [cp2] Packages of the operating system: install packages iptables conntrack ethtool socat ipset ebtables kmod nftables ... done 12.3 s
      [cp1] Packages of the operating system: install packages iptables conntrack ethtool socat ipset ebtables kmod nftables ... done 61.0 s
      [cp2] Container runtime: create file /etc/containerd/config.toml ... failed, exit code 1
      [worker-1] ubuntu@10.0.0.21:22: connection lost. Run the same command again: it goes on where it stopped.
      "
    `)
    expect(await reported(kind('plain'), 'zh', run)).toMatchInlineSnapshot(`
      "[1/2] 集群密钥：1 台主机，1 项更改
      [cp1] CA、服务账号密钥、加密密钥：新建共享密钥 ca …… 完成，0.0 秒
      [2/2] 准备主机、API 服务器：3 台主机，4 项更改
      [cp2] 注意：https://mirrors.aliyun.com/debian: HTTP 404
      [cp2] 操作系统软件包：安装软件包 iptables conntrack ethtool socat ipset ebtables kmod nftables …… 完成，12.3 秒
      [cp1] 操作系统软件包：安装软件包 iptables conntrack ethtool socat ipset ebtables kmod nftables …… 完成，61.0 秒
      [cp2] 容器运行时：新建文件 /etc/containerd/config.toml …… 失败，退出码 1
      [worker-1] ubuntu@10.0.0.21:22: 连接中断。请再次运行同一命令，它会从中断处继续。
      "
    `)
  })

  test('verbose shows what begins and what hosts print', async () => {
    const text = await reported(kind('plain'), 'en', run, true)
    expect(text).toContain('[cp2] | Get:1 http://deb.debian.org/debian trixie/main\n')
    expect(text).toContain('[cp2] Container runtime: create file /etc/containerd/config.toml ...\n')
  })

  test('says once that a slow change still runs', async () => {
    vi.useFakeTimers()
    try {
      const stream = new PassThrough()
      const { report, finish } = createReporter('plain', {
        language: 'en',
        style: plainStyle,
        stream,
        members: () => members,
        verbose: false,
      })
      const [change] = created('10.0.0.11') as [Change]
      report({ type: 'change-begin', host: '10.0.0.11', change: change })
      vi.advanceTimersByTime(14_000)
      expect(stream.read()).toBeNull()
      vi.advanceTimersByTime(60_000)
      expect(String(stream.read())).toBe('[cp1] CAs, service-account key, encryption key: create shared secret ca ... still at it\n')
      report({ type: 'change-begin', host: '10.0.0.12', change: change })
      await finish()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('json', () => {
  test('one object a line, without anything that is written', async () => {
    const text = await reported(kind('json'), 'en', run, true)
    expect(text).not.toContain('SECRET-PAYLOAD')
    expect(text).not.toContain('/var/lib/containerd')
    expect(await reported(kind('json'), 'en', run)).toMatchInlineSnapshot(`
      "{"type":"stage","number":1,"of":2,"phases":["secrets"],"hosts":[{"host":"10.0.0.11","changes":1}]}
      {"type":"change-begin","host":"10.0.0.11","change":{"phase":"secrets","step":"shared-secrets","want":{"kind":"shared-secret","id":"shared-secret ca"},"verb":"create","reason":{"en":"no control plane has it yet","zh":"所有控制平面都还没有它"}}}
      {"type":"change-done","host":"10.0.0.11","change":{"phase":"secrets","step":"shared-secrets","want":{"kind":"shared-secret","id":"shared-secret ca"},"verb":"create","reason":{"en":"no control plane has it yet","zh":"所有控制平面都还没有它"}},"seconds":0.042}
      {"type":"stage","number":2,"of":2,"phases":["prepare","apiserver"],"hosts":[{"host":"10.0.0.11","changes":1},{"host":"10.0.0.12","changes":2},{"host":"10.0.0.21","changes":1}]}
      {"type":"change-begin","host":"10.0.0.11","change":{"phase":"prepare","step":"os-packages","want":{"kind":"packages","id":"packages iptables conntrack ethtool socat ipset ebtables kmod nftables"},"verb":"create","reason":{"en":"not installed: conntrack, ethtool, socat, ipset","zh":"未安装：conntrack、ethtool、socat、ipset"}}}
      {"type":"change-begin","host":"10.0.0.12","change":{"phase":"prepare","step":"os-packages","want":{"kind":"packages","id":"packages iptables conntrack ethtool socat ipset ebtables kmod nftables"},"verb":"create","reason":{"en":"not installed: conntrack, ethtool, socat, ipset","zh":"未安装：conntrack、ethtool、socat、ipset"}}}
      {"type":"note","host":"10.0.0.12","text":"https://mirrors.aliyun.com/debian: HTTP 404"}
      {"type":"change-done","host":"10.0.0.12","change":{"phase":"prepare","step":"os-packages","want":{"kind":"packages","id":"packages iptables conntrack ethtool socat ipset ebtables kmod nftables"},"verb":"create","reason":{"en":"not installed: conntrack, ethtool, socat, ipset","zh":"未安装：conntrack、ethtool、socat、ipset"}},"seconds":12.34}
      {"type":"change-done","host":"10.0.0.11","change":{"phase":"prepare","step":"os-packages","want":{"kind":"packages","id":"packages iptables conntrack ethtool socat ipset ebtables kmod nftables"},"verb":"create","reason":{"en":"not installed: conntrack, ethtool, socat, ipset","zh":"未安装：conntrack、ethtool、socat、ipset"}},"seconds":61}
      {"type":"change-begin","host":"10.0.0.12","change":{"phase":"nodes","step":"containerd","want":{"kind":"file","id":"file /etc/containerd/config.toml"},"verb":"create","reason":{"en":"it is missing","zh":"不存在"}}}
      {"type":"change-failed","host":"10.0.0.12","label":"root@10.0.0.12:22","change":{"phase":"nodes","step":"containerd","want":{"kind":"file","id":"file /etc/containerd/config.toml"},"verb":"create","reason":{"en":"it is missing","zh":"不存在"}},"exit":1,"lines":["install: cannot create regular file: No space left on device"]}
      {"type":"host-lost","host":"10.0.0.21","problem":{"at":"ubuntu@10.0.0.21:22","what":{"en":"connection lost","zh":"连接中断"},"fix":{"en":"Run the same command again: it goes on where it stopped","zh":"请再次运行同一命令，它会从中断处继续"},"severity":"error","exit":4}}
      "
    `)
  })

  test('is the same in every language', async () => {
    expect(await reported(kind('json'), 'zh', run)).toBe(await reported(kind('json'), 'en', run))
  })
})

describe('listr', () => {
  test('a task for each stage and host', async () => {
    expect(await reported(simple, 'en', run)).toMatchInlineSnapshot(`
      "❯ [1/2] Keys of the cluster
      ❯ cp1  1 change, 0.0 s
      ✔ cp1  1 change, 0.0 s
      ✔ [1/2] Keys of the cluster
      ❯ [2/2] Prepare the hosts, API servers
      ❯ cp1       1 change, 61.0 s
      ❯ cp2       1/2  Container runtime: create file /etc/containerd/config.toml
      ❯ worker-1  0/1
      › https://mirrors.aliyun.com/debian: HTTP 404
      ✔ cp1       1 change, 61.0 s
      ✖ cp2       1/2  Container runtime: create file /etc/containerd/config.toml [FAILED: cp2       Container runtime: create file /etc/containerd/config.toml, exit code 1]
      ✖ worker-1  0/1 [FAILED: worker-1  ubuntu@10.0.0.21:22: connection lost. Run the same command again: it goes on where it stopped.]
      ✔ [2/2] Prepare the hosts, API servers
      "
    `)
    expect(await reported(simple, 'zh', run)).toMatchInlineSnapshot(`
      "❯ [1/2] 集群密钥
      ❯ cp1  1 项更改，0.0 秒
      ✔ cp1  1 项更改，0.0 秒
      ✔ [1/2] 集群密钥
      ❯ [2/2] 准备主机、API 服务器
      ❯ cp1       1 项更改，61.0 秒
      ❯ cp2       1/2  容器运行时：新建文件 /etc/containerd/config.toml
      ❯ worker-1  0/1
      › https://mirrors.aliyun.com/debian: HTTP 404
      ✔ cp1       1 项更改，61.0 秒
      ✖ cp2       1/2  容器运行时：新建文件 /etc/containerd/config.toml [FAILED: cp2       容器运行时：新建文件 /etc/containerd/config.toml，退出码 1]
      ✖ worker-1  0/1 [FAILED: worker-1  ubuntu@10.0.0.21:22: 连接中断。请再次运行同一命令，它会从中断处继续。]
      ✔ [2/2] 准备主机、API 服务器
      "
    `)
  })

  test('ends when the run is cut off, and leaves the signals alone', async () => {
    const before = process.listenerCount('SIGINT')
    const exit = vi.spyOn(process, 'exit')
    const text = await reported(simple, 'en', run.slice(0, 6))
    expect(text).toContain('cp2       0/2  Packages of the operating system: install packages iptables')
    expect(text).toContain('interrupted')
    expect(process.listenerCount('SIGINT')).toBe(before)
    expect(exit).not.toHaveBeenCalled()
    exit.mockRestore()
  })

  test('draws into 80 columns', async () => {
    const frames = await reported(kind('listr'), 'zh', run)
    expect(tooWide(frames)).toEqual([])
    expect(frames).toContain('\x1b[?25h')
  })

  test('counts when there are more hosts than lines', async () => {
    const hosts = Array.from({ length: 40 }, (_, at) => `10.0.1.${at}`)
    const batches = hosts.map((host) => ({ host, changes: created(host) }))
    const exit = 7
    const events: Event[] = [
      { type: 'stage', number: 1, of: 1, stage: { phases: ['prepare'], batches } },
      ...batches
        .flatMap(({ host, changes }) => changes.map((change): Event => ({ type: 'change-done', host, change, seconds: 1 })))
        .slice(0, -1),
      { type: 'change-failed', host: '10.0.1.39', failure: { host: '10.0.1.39', label: '', exit, lines: [] } },
    ]
    const text = await reported(simple, 'en', events)
    expect(text).toContain('[1/1] Prepare the hosts  1 of 40 hosts failed')
    expect(text).toContain('10.0.1.39  exit code 7')
  })
})

test('names are asked for anew, and a key stands in for an unknown one', async () => {
  const [change] = created('10.9.9.9') as [Change]
  expect(await reported(kind('plain'), 'en', [{ type: 'change-done', host: '10.9.9.9', change: change, seconds: 1 }])).toMatch(
    /^\[10\.9\.9\.9\] /,
  )
  expect(members).toHaveLength(3)
})
