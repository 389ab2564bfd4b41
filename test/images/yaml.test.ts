import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { imagesIn, rewriteManifest } from '../../src/images/yaml.ts'
import { daocloud } from '../../src/mirrors/daocloud.ts'

const sources = { image: (ref: string) => daocloud.image(ref) ?? ref }
const rewrite = (text: string, options = {}) => rewriteManifest(text, sources, options)
const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')
const M = 'm.daocloud.io'

describe('goldens', () => {
  test.each(['dashboard.yaml', 'workloads.yaml', 'odd.yaml', 'list.json'])('%s', (name) => {
    const [base, extension] = name.split('.')
    const { text, changes, notes } = rewrite(golden(name), { pullPolicy: true, paths: ['Widget:spec.parts[].image'] })
    expect(text).toBe(golden(`${base}.out.${extension}`))
    expect({ changes: changes.map((c) => `${c.line} ${c.kind}/${c.name} ${c.field}: ${c.from} -> ${c.to}`), notes }).toMatchSnapshot()
    const again = rewrite(text, { pullPolicy: true, paths: ['Widget:spec.parts[].image'] })
    expect(again.text).toBe(text)
    expect(again.changes).toEqual([])
    if (extension === 'json') expect(() => JSON.parse(text)).not.toThrow()
  })
})

const container = (line: string, head = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n') =>
  `${head}    ${line}\n`

describe('styles of one value', () => {
  test.each([
    ['image: nginx', `image: ${M}/docker.io/library/nginx`],
    ['image:   nginx:1.27   # why', `image:   ${M}/docker.io/library/nginx:1.27   # why`],
    ['image: "nginx"', `image: "${M}/docker.io/library/nginx"`],
    ["image: 'nginx' # q", `image: '${M}/docker.io/library/nginx' # q`],
    ['"image": nginx', `"image": ${M}/docker.io/library/nginx`],
    ['image: "ng\\u0069nx"', `image: "${M}/docker.io/library/nginx"`],
    ['image: &x nginx', `image: &x ${M}/docker.io/library/nginx`],
    ['image: !!str nginx', `image: !!str ${M}/docker.io/library/nginx`],
    ['image: >-\n      nginx:1', `image: >-\n      ${M}/docker.io/library/nginx:1`],
    ['image:\n      nginx:1', `image:\n      ${M}/docker.io/library/nginx:1`],
    ['? image\n    : nginx', `? image\n    : ${M}/docker.io/library/nginx`],
    ['image: 1password/connect:1', `image: ${M}/docker.io/1password/connect:1`],
  ])('%j', (line, expected) => expect(rewrite(container(line)).text).toBe(container(expected)))

  test.each([
    'image: 12',
    'image: null',
    'image: true',
    'image:',
    'image: ""',
    'image: {{ .Values.image }}',
    'image: ${IMAGE}',
    'image: [nginx]',
    'image: |\n      nginx',
  ])('left alone: %j', (line) => expect(rewrite(container(line)).text).toBe(container(line)))

  test('an IPv6 registry is quoted', () => {
    const to = { image: () => '[::1]:5000/nginx' }
    expect(rewriteManifest(container('image: nginx'), to).text).toBe(container('image: "[::1]:5000/nginx"'))
  })
})

describe('structure', () => {
  test('CRLF, a byte order mark and no newline at the end survive', () => {
    const text =
      '\ufeffapiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: nginx # c\r\n    name: a\r\n---\r\n# empty\r\n...\r\n---\r\nkind: Pod\r\nspec: {containers: [{image: redis}]}'
    expect(rewrite(text).text).toBe(text.replace('nginx', `${M}/docker.io/library/nginx`).replace('redis', `${M}/docker.io/library/redis`))
  })

  test('a marker inside a block scalar is no marker, one at the line start is', () => {
    const text = 'data:\n  x: |\n    ---\n    image: nginx\n---\nspec:\n  containers:\n  - image: nginx\n'
    const { text: out, changes } = rewrite(text)
    expect(out).toBe(`data:\n  x: |\n    ---\n    image: nginx\n---\nspec:\n  containers:\n  - image: ${M}/docker.io/library/nginx\n`)
    expect(changes).toHaveLength(1)
    expect(changes[0]!.line).toBe(8)
  })

  test('image keys that are no containers stay', () => {
    const text =
      'kind: Widget\napiVersion: a/v1\nspec:\n  image: nginx\n  images: [nginx]\n  containers: {image: nginx}\nstatus:\n  containerStatuses:\n  - image: nginx\n'
    expect(rewrite(text).text).toBe(text)
    expect(rewrite(text, { paths: ['Widget:spec.image'] }).changes).toHaveLength(1)
    expect(rewrite(text, { paths: ['Gadget:spec.image'] }).changes).toHaveLength(0)
    expect(rewrite(text, { paths: ['*:spec.images[]'] }).text).toContain(`images: [${M}/docker.io/library/nginx]`)
    expect(() => rewrite(text, { paths: ['a..b'] })).toThrow('not a path')
  })

  test('a document that is no YAML is left and noted, its neighbours are done', () => {
    const good = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx\n'
    const { text, changes, notes } = rewrite(`${good}---\nimage: [unclosed\n---\n${good}`)
    expect(changes.map(({ line }) => line)).toEqual([5, 13])
    expect(text).toContain('image: [unclosed\n')
    expect(notes).toHaveLength(1)
    expect(notes[0]!.what.en).toMatch(/not YAML/)
  })

  test('an alias is changed where it is anchored, or replaced where that is elsewhere', () => {
    const anchored = 'spec:\n  containers:\n  - image: &i nginx\n  - image: *i\n'
    expect(rewrite(anchored).text).toBe(anchored.replace('nginx', `${M}/docker.io/library/nginx`))
    const elsewhere = 'note: &i nginx\nspec:\n  containers:\n  - image: *i # a\n'
    expect(rewrite(elsewhere).text).toBe(elsewhere.replace('*i', `${M}/docker.io/library/nginx`))
    const merged = 'x: &b {image: nginx}\nspec:\n  containers:\n  - <<: *b\n    name: c\n'
    expect(rewrite(merged).text).toBe(merged.replace('nginx', `${M}/docker.io/library/nginx`))
  })

  test('hostile documents end: aliases that explode, cycles, depth', () => {
    const laughs = `image: 1\na0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`
    expect(rewrite(laughs).text).toBe(laughs)
    const merges = `image: 1\na0: &a0 {x: 1}\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: [${`*a${i},`.repeat(9)}]}\n`).join('')}`
    expect(rewrite(merges).text).toBe(merges)
    expect(rewrite('image: &a [*a]\n').changes).toEqual([])
    expect(rewrite('x: &a\n  <<: *a\n  image: 1\n').changes).toEqual([])
    expect(rewrite(`image: ${'['.repeat(20_000)}`).changes).toEqual([])
    expect(rewrite(`{"image": "\\q"}`).changes).toEqual([])
    expect(rewrite(`{"image": "${'a\\n'.repeat(1_000_000)}"}`).changes).toEqual([])
    expect(rewrite(`{"image":${'['.repeat(20_000)}`).changes).toEqual([])
  })
})

describe('pull policy', () => {
  const pod = (image: string, policy: string) => `spec:\n  containers:\n  - image: ${image}\n    imagePullPolicy: ${policy}\n`
  test.each([
    ['a.b/x:1', 'Always', 'IfNotPresent'],
    ['a.b/x:latest', 'Always', 'Always'],
    ['a.b/x', 'Always', 'Always'],
    [`a.b/x@sha256:${'a'.repeat(64)}`, '"Always"', '"IfNotPresent"'],
    ['a.b/x:1', 'Never', 'Never'],
  ])('%s %s', (image, before, after) => {
    expect(rewrite(pod(image, before), { pullPolicy: true }).text).toBe(pod(image, after))
    expect(rewrite(pod(image, before)).text).toBe(pod(image, before))
  })
})

test('of the decoded objects nothing changes but the images', () => {
  const image = fc.constantFrom(
    'nginx',
    'nginx:1.27',
    'registry.k8s.io/pause:3',
    'k8s.gcr.io/x',
    'my.corp/a',
    'not an image',
    '12',
    'quay.io/a/b@sha256:x',
  )
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom('image: nginx', '---', 'a\n---\nb', '# c', 'l1\nl2\n', "it's", '"q"', 'containers:\n- image: nginx\n'),
  )
  const podSpec = fc.record(
    {
      containers: fc.array(fc.record({ name: words, image, args: fc.array(words, { maxLength: 3 }) }, { requiredKeys: [] }), {
        maxLength: 3,
      }),
      initContainers: fc.array(fc.record({ image, env: fc.dictionary(words, words, { maxKeys: 2 }) }), { maxLength: 2 }),
      volumes: fc.array(fc.record({ name: words, image: fc.record({ reference: image }) }, { requiredKeys: [] }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  const object = fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Pod'),
    metadata: fc.record({ name: words, image }),
    spec: podSpec,
  })
  const style = fc.record({
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED') as fc.Arbitrary<'PLAIN'>,
    collectionStyle: fc.constantFrom('any', 'block', 'flow') as fc.Arbitrary<'any'>,
  })
  const expected = ({ spec, ...rest }: { spec: { [key: string]: { image?: unknown }[] } }) => ({
    ...rest,
    spec: Object.fromEntries(
      Object.entries(spec).map(([key, items]) => [
        key,
        items.map((item) => ('image' in item ? { ...item, image: moved(item.image) } : item)),
      ]),
    ),
  })
  const moved = (value: unknown): unknown =>
    typeof value === 'string' ? sources.image(value) : { reference: sources.image((value as { reference: string }).reference) }
  let compared = 0
  const decode = (text: string) => parseAllDocuments(text, { logLevel: 'silent' }).map((document) => document.toJS({ mapAsMap: false }))
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 3 }), style, (objects, options) => {
      const text = objects.map((one) => stringify(one, options)).join('---\n')
      // The library does not always read back what it writes at narrow widths; such texts prove nothing.
      if (JSON.stringify(decode(text)) !== JSON.stringify(objects)) return
      compared++
      const decoded = decode(rewrite(text).text)
      expect(decoded, text).toEqual(JSON.parse(JSON.stringify(objects.map((one) => expected(one as never)))))
      const json = JSON.stringify({ kind: 'List', items: objects }, undefined, 2)
      expect(JSON.parse(rewrite(json).text).items).toEqual(JSON.parse(JSON.stringify(objects.map((one) => expected(one as never)))))
    }),
    { numRuns: 150 },
  )
  expect(compared).toBeGreaterThan(50)
})

test('rules, and what is left of Google', () => {
  const rules = [
    { from: 'quay.io', to: 'harbor.corp:8443/quay' },
    { from: 'quay.io/tigera/', to: 'harbor.corp:8443/tigera' },
  ]
  const images = ['quay.io/tigera/operator:v1', 'quay.io/tigerab/x', 'gke.gcr.io/csi:v1', 'harbor.corp:8443/quay/a', 'Bad:1']
  const { text, notes } = rewrite(`spec:\n  containers:\n${images.map((image) => `  - image: ${image}\n`).join('')}`, { rules })
  expect(imagesIn(text).images).toEqual([
    'harbor.corp:8443/tigera/operator:v1',
    'harbor.corp:8443/quay/tigerab/x',
    'gke.gcr.io/csi:v1',
    'harbor.corp:8443/quay/a',
    'Bad:1',
  ])
  expect(notes.map(({ line, what }) => `${line} ${what.en}`)).toEqual([
    '5 gke.gcr.io/csi:v1 stays: no configured mirror carries gke.gcr.io',
    '7 image "Bad:1" has capital letters in the repository name',
  ])
})

test.each([
  'nvcr.io/nvidia/cuda:12',
  'mcr.microsoft.com/dotnet/runtime:8.0',
  'public.ecr.aws/x/y:1',
  'docker.elastic.co/beats/filebeat:9.1',
])('%s, which nobody mirrors, is named with its line', (image) => {
  const { notes } = rewrite(`kind: Pod\nspec: {containers: [{image: "${image}"}]}\n`)
  expect(notes.map(({ line, what }) => `${line} ${what.en}`)).toEqual([
    `2 ${image} stays: no configured mirror carries ${image.slice(0, image.indexOf('/'))}`,
  ])
})

test('the transformers of a kustomization go on matching what they matched; those of remote resources are named', () => {
  const file = (resource: string) =>
    `resources: [${resource}]\nimages:\n- name: nginx\n  newTag: "1.29"\n- name: quay.io/a/b\n  newName: registry.k8s.io/pause\n`
  const local = rewrite(file('web.yaml'))
  expect(local.notes).toEqual([])
  expect(local.text).toBe(
    `resources: [web.yaml]\nimages:\n- name: m.daocloud.io/docker.io/library/nginx\n  newTag: "1.29"\n- name: m.daocloud.io/quay.io/a/b\n  newName: m.daocloud.io/registry.k8s.io/pause\n`,
  )
  const remote = rewrite(file('https://github.com/x/y'))
  expect(remote.text).toContain('- name: nginx\n')
  expect(remote.text).toContain('newName: m.daocloud.io/registry.k8s.io/pause')
  expect(remote.notes.map(({ line, severity }) => `${line} ${severity}`)).toEqual(['3 warning', '5 warning'])
})

test('the images of what is YAML, and where something is not', () => {
  const pod = (image: string) => `kind: Pod\nspec: {containers: [{image: "${image}"}]}\n`
  const { images, notes } = imagesIn(`${pod('a')}---\nimage: [unclosed\n---\nno: [image is\n---\n${pod('b')}---\nelse: [unclosed\n`)
  expect(images).toEqual(['a', 'b'])
  expect(notes.map(({ line, severity }) => `${line} ${severity}`)).toEqual(['5 error', '7 error'])
  for (const { what } of notes)
    expect([what.en, what.zh]).toEqual([expect.stringMatching(/^not YAML: /), expect.stringMatching(/^不是有效的 YAML：/)])
})

test('50 MB of documents: nothing but the values of images changes, not one comment', { timeout: 300_000 }, () => {
  const document = (i: number) => `# workload ${i}: "image: nginx" in a comment stays
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-${i}} # nginx
spec:
  template:
    spec: # registry.k8s.io/pause:1
      containers:
      - name: web
        image: nginx:1.${i} # from Docker Hub
        env:
        - {name: TEXT, value: "image: nginx # no comment"}
        - name: MORE
          value: |
            # image: nginx
${'            a line of text, long enough to fill a file: with colons # and signs\n'.repeat(66)}`
  const text = Array.from({ length: 10_000 }, (_, i) => document(i)).join('---\n')
  expect(text.length).toBeGreaterThan(50_000_000)
  const { text: out, changes } = rewrite(text)
  expect(changes).toHaveLength(10_000)
  // Every byte, and so every comment: compared without expect, which would print both.
  expect(out.replaceAll(`image: ${M}/docker.io/library/nginx:`, 'image: nginx:') === text).toBe(true)
})
