/**
 * Measures the rewriting of images in manifests: 10,000 references in Deployments, the same as one List, as JSON, with an
 * anchor in every document, and a 50 MB stream. Prints one line each: milliseconds of the clock and of the processor (the same on an idle
 * machine), MB/s, changes, peak memory of the process.
 * Run: node bench/images/rewrite.ts
 */
import { performance } from 'node:perf_hooks'
import { schema } from '../../src/config/schema.ts'
import { rewriteManifest } from '../../src/images/yaml.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'

const { mirrors } = schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors: 'cn' })
const sources = sourcesOf(mirrors)

const deployment = (i: number, extra = '') => `# workload ${i}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${i} # keep
  labels: {app: web}
spec:
  replicas: 2
  template:
    ${extra}spec:
      initContainers:
      - name: init
        image: "registry.k8s.io/pause:3.10.${i % 10}" # quoted
      containers:
      - name: web
        image: nginx:1.${i}
        imagePullPolicy: Always
        args: ["--a", '--b']
        env:
        - name: X
          value: |
            some text
            more text
`
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const indented = (text: string) =>
  text
    .replace(/^(?=.)/gm, '  ')
    .replace('  #', '- #')
    .replace(/^- (# .*\n) {2}/, '- ')

const pod = (i: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${i}` },
  spec: { containers: [{ name: 'a', image: `quay.io/a/b:${i}` }] },
})

const cases: Record<string, string> = {
  '10,000 references, 5,000 documents': many(5000, (i) => deployment(i)).join('---\n'),
  '10,000 references, one List': `apiVersion: v1\nkind: List\nitems:\n${many(5000, (i) => indented(deployment(i))).join('')}`,
  '10,000 references, JSON List': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: many(10_000, pod) }, undefined, 4),
  '10,000 references, anchors': many(5000, (i) => deployment(i, 'x: &a 1\n    ')).join('---\n'),
  '50 MB, documents with images': many(105_000, (i) => deployment(i)).join('---\n'),
  '50 MB, ConfigMaps': many(
    50,
    (i) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${i}}\ndata:\n  x: |\n${'    # line of text: with colons\n'.repeat(32_000)}`,
  ).join('---\n'),
}

for (const [name, text] of Object.entries(cases)) {
  const times = [1, 2, 3].map(() => {
    const [from, used] = [performance.now(), process.cpuUsage()]
    const { changes } = rewriteManifest(text, sources, { pullPolicy: true })
    const { user, system } = process.cpuUsage(used)
    return { ms: performance.now() - from, cpu: (user + system) / 1000, changes: changes.length }
  })
  const { ms, cpu, changes } = times.toSorted((a, b) => a.ms - b.ms)[1]!
  const megabytes = text.length / 1e6
  const peak = process.resourceUsage().maxRSS / 1024
  console.log(
    `${name}: ${ms.toFixed(0)} ms (median of 3, first ${times[0]!.ms.toFixed(0)}), ${cpu.toFixed(0)} ms of processor, ${megabytes.toFixed(1)} MB, ${((megabytes / ms) * 1000).toFixed(1)} MB/s, ${changes} changes, peak ${peak.toFixed(0)} MiB`,
  )
}
