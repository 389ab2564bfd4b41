import { describe, expect, test } from 'vitest'
import { plan } from '../../../src/engine/plan.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import { PLANE, WORKER, cluster, hosts, installed, problemsOf, world } from './support.ts'

describe('the keys of a cluster', () => {
  const ca = '/etc/kubernetes/pki/ca.crt'
  const key = '/etc/kubernetes/pki/ca.key'

  test('two different values are never resolved by guessing', () => {
    const facts = installed[PLANE] as Facts
    const stranger = { ...facts.paths[ca]?.certificate, key: 'another' }
    const other = {
      ...facts,
      paths: {
        ...facts.paths,
        [ca]: { ...facts.paths[ca], certificate: stranger, authorities: [stranger] } as never,
        [key]: { ...facts.paths[key], publicPart: { id: 'another', pem: '' } } as never,
      },
    }
    const found = problemsOf({ ...installed, [PLANE]: other })
    expect(found.filter(({ what }) => what.en.includes(`${ca} differs`)).length).toBe(2)
    expect(found[0]?.exit).toBe(3)
  })

  test('none is drawn while a control plane that may hold it is silent', () => {
    const { [PLANE]: _, ...rest } = world
    const found = problemsOf(rest)
    expect(found.some(({ what, exit }) => /no control plane that answers has/.test(what.en) && exit === 4)).toBe(true)
  })

  /** The cluster as its API reports it: with the addresses of its nodes. */
  const reported = Object.fromEntries(
    Object.entries(installed).map(([key, facts]) => {
      const nodes = facts.nodes.map((one) => ({ ...one, address: one.name === 'w1' ? WORKER : '' }))
      return [key, { ...facts, nodes }]
    }),
  )
  const { [WORKER]: _, ...silent } = reported

  test('a silent worker stops nobody', () => {
    expect(plan(cluster, hosts, silent)).toMatchObject({ changes: [], problems: [] })
  })

  test('a silent worker whose name nobody knows is not taken for a stranger', () => {
    const { [WORKER]: gone, ...rest } = installed
    expect(gone).toBeDefined()
    expect(plan(cluster, hosts, rest).problems).toEqual([])
  })

  test('no pod of the functional check is put on a silent worker', () => {
    const config = { ...cluster.config, network: { ...cluster.config.network, proxy_mode: 'iptables' as const } }
    const check = plan({ ...cluster, config }, hosts, silent).changes.find(({ want }) => want.kind === 'functional-check')
    const script = (check?.want as { script: string } | undefined)?.script ?? ''
    expect(script).toMatch(/nodeName: cp1/)
    expect(script).not.toMatch(/nodeName: w1/)
  })
})
