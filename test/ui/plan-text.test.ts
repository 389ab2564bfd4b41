import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/engine/change.ts'
import { planText } from '../../src/ui/plan-text.ts'
import { createStyle } from '../../src/ui/style.ts'
import { created, members, plainStyle, planOf, tooWide, updated } from './support.ts'

const first = planOf(...created('10.0.0.11'))
const edit = planOf(...updated('10.0.0.11'))

describe('a plan', () => {
  test('of a first install', () => {
    expect(planText(first, members, 'en', plainStyle)).toMatchInlineSnapshot(`
      "cp1  root@10.0.0.11:22
        Keys of the cluster / CAs, service-account key, encryption key
          + shared secret ca: no control plane has it yet
        Prepare the hosts / Packages of the operating system
          + packages iptables conntrack ethtool socat ipset ebtables kmod nftables:
              not installed: conntrack, ethtool, socat, ipset
        Prepare the hosts / Kernel modules, sysctls, swap
          - swap: swap is on: /swap.img
        Nodes / Container runtime
          + file /etc/containerd/config.toml: it is missing
        API servers / kube-apiserver
          + unit kube-apiserver: it is missing

      Plan: 4 to create, 0 to change, 0 to restart, 1 to remove on 1 host.
      "
    `)
    expect(planText(first, members, 'zh', plainStyle)).toMatchInlineSnapshot(`
      "cp1  root@10.0.0.11:22
        集群密钥 / CA、服务账号密钥、加密密钥
          + 共享密钥 ca：所有控制平面都还没有它
        准备主机 / 操作系统软件包
          + 软件包 iptables conntrack ethtool socat ipset ebtables kmod nftables：
              未安装：conntrack、ethtool、socat、ipset
        准备主机 / 内核模块、sysctl、交换分区
          - 交换分区：交换分区已启用：/swap.img
        节点 / 容器运行时
          + 文件 /etc/containerd/config.toml：不存在
        API 服务器 / kube-apiserver
          + 服务 kube-apiserver：不存在

      计划：在 1 台主机上新建 4 项，更改 0 项，重启 0 项，移除 1 项。
      "
    `)
  })

  test('of an edit', () => {
    expect(planText(edit, members, 'en', plainStyle)).toMatchInlineSnapshot(`
      "cp1  root@10.0.0.11:22
        Prepare the hosts / Kernel modules, sysctls, swap
          ~ sysctls /etc/sysctl.d/zz-slipway.conf: its content changed
                net.ipv4.ip_forward = 1
              - vm.max_map_count = 65530
              + vm.max_map_count = 262144
        API servers / kube-apiserver
          ~ file /etc/kubernetes/encryption.yaml:
              its content changed (secret, not shown)
          ~ unit kube-apiserver: restart, its content changed
              - --max-requests-inflight=400
              + --max-requests-inflight=800
              + --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_EC
                  DHE_RSA_WITH_AES_128_GCM_SHA256

      Plan: 0 to create, 2 to change, 1 to restart, 0 to remove on 1 host.
      "
    `)
    expect(planText(edit, members, 'zh', plainStyle)).toMatchInlineSnapshot(`
      "cp1  root@10.0.0.11:22
        准备主机 / 内核模块、sysctl、交换分区
          ~ 内核参数 /etc/sysctl.d/zz-slipway.conf：内容有变化
                net.ipv4.ip_forward = 1
              - vm.max_map_count = 65530
              + vm.max_map_count = 262144
        API 服务器 / kube-apiserver
          ~ 文件 /etc/kubernetes/encryption.yaml：内容有变化（内容保密）
          ~ 服务 kube-apiserver：重启，内容有变化
              - --max-requests-inflight=400
              + --max-requests-inflight=800
              + --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_EC
                  DHE_RSA_WITH_AES_128_GCM_SHA256

      计划：在 1 台主机上新建 0 项，更改 2 项，重启 1 项，移除 0 项。
      "
    `)
  })

  test('without changes', () => {
    expect(planText(planOf(), members, 'en', plainStyle)).toBe('No changes. The hosts are as cluster.yml says.\n')
    expect(planText(planOf(), members, 'zh', plainStyle)).toBe('没有更改。主机与 cluster.yml 一致。\n')
  })

  test('shows what is made from nothing only when asked', () => {
    expect(planText(first, members, 'en', plainStyle, false)).not.toContain('version = 3')
    expect(planText(first, members, 'en', plainStyle, true)).toContain('        + version = 3\n')
    expect(planText(first, members, 'en', plainStyle, true)).toContain('        + Description=kube-apiserver\n')
  })

  test('lists what is the same on several hosts once', () => {
    const text = planText(planOf(...updated('10.0.0.11'), ...updated('10.0.0.12'), ...created('10.0.0.21')), members, 'en', plainStyle)
    expect(text.split('\n').slice(0, 3)).toEqual([
      'cp1  root@10.0.0.11:22',
      'cp2  root@10.0.0.12:22',
      '  Prepare the hosts / Kernel modules, sysctls, swap',
    ])
    expect(text).toMatch(/\nPlan: 4 to create, 4 to change, 2 to restart, 1 to remove on 3 hosts\.\n$/)
  })

  test('fits 80 columns', () => {
    for (const language of ['en', 'zh'] as const)
      for (const verbose of [false, true])
        expect(tooWide(planText(planOf(...created('10.0.0.11'), ...updated('10.0.0.12')), members, language, plainStyle, verbose))).toEqual(
          [],
        )
  })

  test('says nothing of a payload, and escapes what hosts said', () => {
    const [change] = updated('10.0.0.11') as [Change]
    const evil = planOf({ ...change, difference: { ...change.difference, diff: '-\u001b[2J\u202egone\n+here' } })
    expect(planText(evil, members, 'en', plainStyle)).toContain('        - \\x1b[2J\\u202egone\n        + here\n')
    expect(planText(planOf(...created('10.0.0.11'), ...updated('10.0.0.12')), members, 'en', plainStyle, true)).not.toContain(
      'SECRET-PAYLOAD',
    )
  })

  test('in colour says the same', () => {
    const colour = planText(edit, members, 'en', createStyle(true))
    expect(colour).toContain('\x1b[31m- --max-requests-inflight=400\x1b[39m')
    expect(stripVTControlCharacters(colour)).toBe(planText(edit, members, 'en', plainStyle))
  })
})
