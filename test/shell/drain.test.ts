import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { kindOf } from '../../src/resources/index.ts'
import type { DrainResource } from '../../src/resources/types.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

const want = (node: string, more: Partial<DrainResource> = {}): DrainResource => ({
  ...{ kind: 'drain', node, host: node, force: true, deleteLocalData: true, gracePeriod: -1, timeout: 3 },
  ...more,
})
const scriptOf = (resource: DrainResource): string => kindOf(resource).script(resource, { verb: 'update', reason: { en: '', zh: '' } }, {})

/** What the cluster says. `pods`: rows before the drain, `after`: after it. `dry`, `drain`: what kubectl does, as sh. */
type Cluster = Readonly<{ pods?: string; after?: string; dry?: string; drain?: string; budgets?: string; held?: string; seen?: string }>

/** A kubectl that knows what a drain asks, writes down what changes, and fails at anything else. */
const kubectl = ({ pods = '', after = '', dry = ':', drain = ':', budgets = '', held = '', seen = '/' }: Cluster): string => `
timeout() { shift; "$@"; }
sleep() { :; }
kubectl() {
	case "$*" in
	*renewTime*) date +%N ;;
	*'get pods -A'*) if [ -e ${host.path('drained')} ]; then printf '${after}'; else printf '${pods}'; fi ;;
	*'get pods --field-selector'*) printf '${held}' ;;
	*'get poddisruptionbudgets'*) printf '${budgets}' ;;
	*' --dry-run=server '*) ${dry} ;;
	*' drain '*) node=$5; echo "drain $node" >>${host.path('did')}; : >${host.path('drained')}; ${drain} ;;
	*'get node'*unschedulable*) printf '${seen}' ;;
	*'get node'*) printf true ;;
	*annotate* | *cordon*) shift 3; echo "$*" >>${host.path('did')} ;;
	*) echo "unknown: $*" >&2; return 1 ;;
	esac
}
`
const did = (): string[] => (host.exists('did') ? host.read('did').trimEnd().split('\n') : [])
const run = (cluster: Cluster, ...wants: DrainResource[]) => {
  // What `enter` sets, without its watchdog.
  const script = `trap 'leave $?' EXIT\ntrap 'exit 143' TERM\nwatchdog=\n${wants.map(scriptOf).join('')}`
  return host.run(script, kubectl(cluster))
}

const NAKED = 'a naked local default/one u1\\n'
const MADE = 'a made - default/web-1 u2\\n'

describe('a drain', () => {
  test('marks, cordons, evicts, in this order', () => {
    expect(run({ pods: MADE }, want('a')).status).toBe(0)
    expect(did()).toEqual(['annotate node a slipway/drained=true', 'cordon a', 'drain a'])
  })

  test('a node that somebody had cordoned before is marked as theirs', () => {
    run({ seen: '/true' }, want('a'))
    expect(did()[0]).toBe('annotate node a slipway/drained=cordoned-before')
  })

  test.each([
    ['force', { force: false }, 'no controller makes these pods again: default/one'],
    ['delete_local_data', { deleteLocalData: false }, 'these pods have emptyDir data: default/one'],
  ])('without %s: such pods stop it before anything is cordoned', (key, more, text) => {
    const { status, stderr } = run({ pods: NAKED + MADE }, want('a', more))
    expect(status).toBe(1)
    expect(stderr).toContain(`a is not drained: ${text}.`)
    expect(stderr).toContain(`set upgrade_strategy.node_drain_input.${key} to true`)
    expect(did()).toEqual([])
  })

  test('a budget that never gives way: nothing is deleted, and only budgets with pods on this node are named', () => {
    const dry = 'echo "Cannot evict pod as it would violate the pod\'s disruption budget."; return 1'
    const blocked = { dry, budgets: 'default guarded ,app=web\\n', pods: NAKED }
    const { status, stderr } = run({ ...blocked, held: 'pod/web-1' }, want('a', { timeout: 0 }))
    expect(status).toBe(1)
    expect(stderr).toContain('PodDisruptionBudget default/guarded allows no eviction now')
    expect(stderr).toContain('Nothing was changed on a.')
    expect(run(blocked, want('a', { timeout: 0 })).stderr).not.toContain('PodDisruptionBudget')
    expect(did()).toEqual([])
  })

  test('who is waited for is said once', () => {
    const tries = host.path('tries')
    const dry = `echo x >>${tries}; [ "$(grep -c . ${tries})" -gt 3 ]`
    const { status, stdout } = run({ dry, budgets: 'default guarded ,app=web\\n', held: 'pod/web-1' }, want('a', { timeout: 60 }))
    expect(status).toBe(0)
    expect(stdout.match(/^::slipway note .*$/gm)).toEqual(['::slipway note drain-waits a default/guarded'])
  })

  test("what kubectl refuses is said at once, without kubectl's own flags", () => {
    const dry = 'echo "error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): x/y"; return 1'
    const { status, stderr } = run({ dry }, want('a', { timeout: 600 }))
    expect(status).toBe(1)
    expect(stderr).toContain('cannot delete DaemonSet-managed Pods: x/y')
    expect(stderr).not.toContain('--')
  })

  test('one that is given up says what is gone, names no time that has not passed, and gives the node back', () => {
    const { status, stderr } = run({ pods: NAKED + MADE, drain: 'echo because; return 1', after: MADE }, want('a', { timeout: 60 }))
    expect(status).toBe(1)
    expect(stderr).toContain('because')
    expect(stderr).toContain('Deleted before it was given up, and nothing makes them again: default/one\n')
    expect(stderr).not.toContain('Evicted')
    expect(stderr).not.toContain('within')
    expect(stderr).toMatch(/a takes pods again\.\n$/)
    expect(did().slice(-2)).toEqual(['uncordon a', 'annotate node a slipway/drained-'])
  })

  test('a pod that is going counts as gone; without any, that is said', () => {
    const failing = { drain: 'return 1' }
    expect(run({ ...failing, pods: NAKED, after: 'a naked local default/one u1 going\\n' }, want('a')).stderr).toContain(
      'again: default/one\n',
    )
    host.remove()
    host = sandbox()
    expect(run({ ...failing, pods: NAKED, after: NAKED }, want('a')).stderr).toContain('No pod of a was evicted.')
  })

  test('the time is named where it ran out', () => {
    expect(run({ drain: 'return 1' }, want('a', { timeout: 0 })).stderr).toContain('a could not be drained within 0 s.')
  })

  test('the nodes of its batch that were drained before it take pods again too', () => {
    const { stderr } = run({ drain: '[ "$node" = a ]' }, want('a'), want('b'))
    expect(did()).toEqual([
      ...['annotate node a slipway/drained=true', 'cordon a', 'drain a'],
      ...['annotate node b slipway/drained=true', 'cordon b', 'drain b'],
      ...['uncordon a', 'annotate node a slipway/drained-', 'uncordon b', 'annotate node b slipway/drained-'],
    ])
    expect(stderr).toMatch(/a takes pods again\.\nb takes pods again\.\n$/)
  })

  test('cut off in the middle, it gives the node back', () => {
    expect(run({ drain: 'kill -TERM $$; command sleep 1' }, want('a')).status).not.toBe(0)
    expect(did().slice(-2)).toEqual(['uncordon a', 'annotate node a slipway/drained-'])
  })
})
