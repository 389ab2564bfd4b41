import { chmod, mkdir, mkdtemp, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { images } from '../../../src/commands/images/index.ts'
import { rewriteFiles } from '../../../src/commands/images/rewrite.ts'
import { fakeIo, options } from '../support.ts'
import { withoutShippedImages } from '../unshipped.ts'

withoutShippedImages()

const POD =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image: nginx:1.29 # web\n    imagePullPolicy: Always\n'
const MOVED = POD.replace('nginx:1.29', 'm.daocloud.io/docker.io/library/nginx:1.29')

let folder: string
let cluster: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-images-'))
  cluster = join(folder, 'cluster.yml')
  await writeFile(
    cluster,
    'cluster_name: lab\nkubernetes_version: v1.36.3\nmirrors: cn\nnodes:\n- {address: 10.0.0.1, role: [control-plane, etcd]}\n',
  )
})

const put = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
  return path
}

const run = async (given: Parameters<typeof options>[0], stdin: readonly (string | Uint8Array)[] = []) => {
  const { io, printed } = fakeIo()
  const exit = await rewriteFiles(
    options({ ...given, flags: { cluster, ...given.flags } }),
    io,
    (async function* () {
      yield* stdin
    })(),
  )
  return { exit, ...printed }
}

describe('images rewrite', () => {
  test('a cluster.yaml where cluster.yml is looked for is named, and not passed over', async () => {
    await rename(cluster, join(folder, 'cluster.yaml'))
    const cwd = process.cwd()
    process.chdir(folder)
    try {
      const { exit, out, err } = await run({ files: ['-'], flags: { cluster: undefined } }, [POD])
      expect([exit, out]).toEqual([2, ''])
      expect(err).toContain('"cluster.yml" does not exist, "cluster.yaml" does. Write --cluster cluster.yaml, or rename that file.')
    } finally {
      process.chdir(cwd)
    }
  })

  test('stdin to stdout, bytes and nothing else', async () => {
    expect(await run({ files: ['-'] }, [POD])).toEqual({
      exit: 0,
      out: MOVED,
      err: '',
    })
  })

  test('a diff, and 6 when asked whether anything changes', async () => {
    const path = await put('pod.yaml', POD)
    const { exit, out } = await run({
      files: [path],
      output: 'diff',
      exitCode: true,
    })
    expect(exit).toBe(6)
    expect(out).toContain('-  - image: nginx:1.29 # web\n+  - image: m.daocloud.io/docker.io/library/nginx:1.29 # web\n')
    expect(await readFile(path, 'utf8')).toBe(POD)
    const moved = await put('moved.yaml', MOVED)
    expect((await run({ files: [moved], output: 'diff', exitCode: true })).exit).toBe(0)
  })

  test('a folder in place: only what changes is written, modes stay', async () => {
    const first = await put('tree/a/pod.yaml', POD)
    const second = await put('tree/b.json', '{"kind":"ConfigMap","apiVersion":"v1"}')
    await put('tree/readme.md', 'image: nginx')
    await chmod(first, 0o600)
    const before = await stat(second)
    const { exit, out, err } = await run({
      files: [join(folder, 'tree')],
      flags: { 'in-place': true, 'pull-policy': true },
    })
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    expect(err).toBe(`${first}: 2 values rewritten\n`)
    expect(await readFile(first, 'utf8')).toBe(MOVED.replace('Always', 'IfNotPresent'))
    expect((await stat(first)).mode & 0o777).toBe(0o600)
    expect((await stat(second)).mtimeMs).toBe(before.mtimeMs)
  })

  test('several files are one stream of documents', async () => {
    const [a, b] = [await put('a.yaml', POD.trimEnd()), await put('b.yaml', `---\n${POD}`)]
    const { out } = await run({ files: [a, b] })
    expect(out).toBe(`${MOVED}---\n${MOVED}`)
  })

  test('rules and paths of the command line', async () => {
    const text = 'apiVersion: a/v1\nkind: Widget\nspec: {parts: [{image: "quay.io/a/b:1"}]}\n'
    const { out } = await run(
      {
        files: ['-'],
        flags: {
          rule: ['quay.io/a=harbor.corp/x'],
          path: ['Widget:spec.parts[].image'],
        },
      },
      [text],
    )
    expect(out).toContain('harbor.corp/x/b:1')
  })

  test('what cannot be read is refused before anything is written', async () => {
    const path = await put('pod.yaml', POD)
    const { exit, out, err } = await run({
      files: [path, join(folder, 'none.yaml')],
      flags: { 'in-place': true, rule: ['x'] },
    })
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain('--rule x: ')
    const again = await run({
      files: [path, join(folder, 'none.yaml'), '-'],
      flags: { 'in-place': true },
    })
    expect(again.exit).toBe(2)
    expect(again.err).toContain('none.yaml')
    expect(again.err).toContain('-f -: ')
    expect(await readFile(path, 'utf8')).toBe(POD)
  })

  test('a document that is no YAML is exit 2, a name nobody mirrors a warning; the rest is rewritten', async () => {
    const broken = await run({ files: ['-'] }, [`image: [unclosed\n---\n${POD}`])
    expect(broken.exit).toBe(2)
    expect(broken.out).toContain('m.daocloud.io/docker.io/library/nginx:1.29')
    const foreign = await run({ files: ['-'] }, [POD.replace('nginx:1.29', 'gke.gcr.io/csi:v1')])
    expect(foreign.exit).toBe(0)
    expect(foreign.err).toMatch(/stdin:6 Pod\/a: warning: gke\.gcr\.io\/csi:v1 stays/)
  })

  test('stdin that is no text is refused as a file is', async () => {
    const bytes = Buffer.from([...Buffer.from('image: '), 0xff])
    await writeFile(join(folder, 'bytes.yaml'), bytes)
    const [piped, named] = [await run({ files: ['-'] }, [bytes]), await run({ files: [join(folder, 'bytes.yaml')] })]
    expect([piped.exit, named.exit]).toEqual([2, 2])
    expect(piped.err).toMatch(/^stdin: it cannot be read: .*utf-8/)
    expect(piped.err).toBe(named.err.replace(join(folder, 'bytes.yaml'), 'stdin'))
  })

  test('a URL: its text, or why not and where it may be', async () => {
    const server = createServer(({ url }, response) => {
      if (url === '/pod.yaml') response.end(POD)
      else if (url === '/page') response.setHeader('content-type', 'text/html').end('<html>')
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await run({ files: [`${base}/pod.yaml`] })).out).toBe(MOVED)
    const missing = await run({ files: [`${base}/none.yaml`, `${base}/page`] })
    expect(missing.exit).toBe(2)
    expect(missing.err).toContain('HTTP 404')
    expect(missing.err).toContain(`-f https://files.m.daocloud.io/${base.slice(7)}/none.yaml`)
    expect(missing.err).toContain('HTML')
    server.close()
  })
})

describe('images list', () => {
  test('every image under both names', async () => {
    const { io, printed } = fakeIo()
    expect(await images.run(options({ file: cluster, rest: ['list'], output: 'json' }), io)).toBe(0)
    const { images: rows } = JSON.parse(printed.out)
    expect(rows).toContainEqual({
      what: 'pause',
      upstream: 'registry.k8s.io/pause:3.10.2',
      mirrored: 'm.daocloud.io/registry.k8s.io/pause:3.10.2',
      digest: null,
    })
  })

  test('a terminal that is too narrow for the table gets every cell whole, none wider than 80 columns', async () => {
    const pin = `sha256:${'d'.repeat(64)}`
    await writeFile(join(folder, 'cluster.lock.yml'), `version: 1\nimages:\n  registry.k8s.io/pause:3.10.2: ${pin}\n`)
    const listed = async (outColumns?: number) => {
      const { io, printed } = fakeIo()
      expect(await images.run(options({ file: cluster, rest: ['list'] }), { ...io, ...(outColumns && { outColumns }) }), printed.err).toBe(
        0,
      )
      return printed.out
    }
    const narrow = await listed(80)
    expect(narrow).toMatch(/^FOR\n {2}UPSTREAM\n {2}FROM\n {2}DIGEST\n/)
    expect(narrow).toContain(`\npause\n  registry.k8s.io/pause:3.10.2\n  m.daocloud.io/registry.k8s.io/pause:3.10.2\n  ${pin}\n`)
    expect(narrow.split('\n').filter((line) => line.length > 80)).toEqual([])
    const wide = await listed()
    expect(wide).toMatch(/^FOR +UPSTREAM +FROM +DIGEST\n/)
    expect(await listed(300)).toBe(wide)
    for (const word of narrow.split(/\s+/)) expect(wide).toContain(word)
  })

  test('without the images of a network plugin that is not installed', async () => {
    await writeFile(cluster, `${await readFile(cluster, 'utf8')}network: {plugin: none}\n`)
    const { io, printed } = fakeIo()
    expect(await images.run(options({ file: cluster, rest: ['list'] }), io)).toBe(0)
    expect(printed.out).not.toContain('flannel')
  })

  test('an unknown word', async () => {
    const { io, printed } = fakeIo('zh')
    expect(await images.run(options({ rest: ['push'] }), io)).toBe(2)
    expect(printed.err).toContain('子命令')
  })
})

test.each(['check', 'save', 'sync'])(
  'images %s --manifest: what is no YAML is refused with its line, and nothing is asked',
  async (what) => {
    const ask = vi.fn()
    vi.stubGlobal('fetch', ask)
    await writeFile(cluster, `${await readFile(cluster, 'utf8')}private_registries: [{url: harbor.corp, is_default: true}]\n`)
    const helm = await put('helm.yaml', `${POD}---\nkind: Pod\n{{- if .Values.x }}\nspec: {containers: [{image: nginx}]}\n{{- end }}\n`)
    const { io, printed } = fakeIo()
    const exit = await images.run(options({ file: cluster, rest: [what], flags: { manifest: [helm] } }), io)
    vi.unstubAllGlobals()
    expect(exit, printed.err).toBe(2)
    expect(printed.err).toMatch(/helm\.yaml:10: not YAML: .+ Mend it there\./)
    expect(ask).not.toHaveBeenCalled()
  },
)

describe('images check', () => {
  afterEach(() => void vi.unstubAllGlobals())

  const PAUSE = 'm.daocloud.io/registry.k8s.io/pause'
  const digest = `sha256:${'d'.repeat(64)}`

  test('one HEAD each, with an anonymous token where one is wanted', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> }) => {
      asked.push(`${method} ${url}`)
      const { host, pathname } = new URL(url)
      if (host === 'auth.test') return Response.json({ token: 't' })
      if (headers.authorization !== 'Bearer t')
        return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.test/token",service="s"' } })
      if (host === 'm.daocloud.io' && pathname.includes('coredns')) return new Response(null, { status: 404 })
      if (host !== 'm.daocloud.io') return new Response(null, { status: 403 })
      return new Response(null, { headers: { 'docker-content-digest': digest } })
    })
    const { io, printed } = fakeIo()
    expect(await images.run(options({ file: cluster, rest: ['check'], output: 'json' }), io)).toBe(3)
    const rows = JSON.parse(printed.out).images as { image: string; provider: string; has: boolean; why: string; digest: string | null }[]
    expect(rows.find(({ image, provider }) => image.includes('pause') && provider === 'daocloud')).toMatchObject({ has: true, digest })
    expect(rows.find(({ image, provider }) => image.includes('coredns') && provider === 'daocloud')?.why).toBe('HTTP 404')
    expect(rows.find(({ image, provider }) => image.includes('flannel') && provider === 'aliyun')?.why).toBe('not carried')
    expect(asked.filter((line) => line.includes(PAUSE.slice(PAUSE.indexOf('/'))) && line.startsWith('HEAD'))).toHaveLength(2)
    expect(asked).toContain('GET https://auth.test/token?service=s&scope=repository%3Aregistry.k8s.io%2Fpause%3Apull')
    expect(printed.err).toContain('No configured mirror has registry.k8s.io/coredns/coredns:')
  })

  test('a mirror that cannot be reached has not said that it lacks anything: exit 4, and how to ask from a host', async () => {
    vi.stubGlobal('fetch', async () => {
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } })
    })
    const { io, printed } = fakeIo()
    expect(await images.run(options({ file: cluster, rest: ['check'] }), io)).toBe(4)
    expect(printed.out).toMatch(/daocloud +not reached +ENOTFOUND/)
    expect(printed.out).toMatch(/daocloud +not reached +not asked any more/)
    expect(printed.err).not.toContain('No configured mirror has')
    expect(printed.err).toMatch(/Of \d+ images it is not known: daocloud(, aliyun)? could not be reached from this machine\./)
    expect(printed.err).toContain('slipway images check --from-hosts')
  })

  test('a digest that is not the pinned one does not count; who refuses three times is left in peace', async () => {
    await writeFile(join(folder, 'cluster.lock.yml'), `version: 1\nimages:\n  registry.k8s.io/pause:3.10.2: sha256:${'e'.repeat(64)}\n`)
    let refusals = 0
    vi.stubGlobal('fetch', async (url: string) => {
      if (url.includes('pause')) return new Response(null, { headers: { 'docker-content-digest': digest } })
      if (url.includes('m.daocloud.io')) refusals++
      return new Response(null, { status: 429 })
    })
    const { io, printed } = fakeIo()
    expect(await images.run(options({ file: cluster, rest: ['check'] }), io)).toBe(3)
    expect(printed.out).toMatch(/pause:3\.10\.2 +daocloud +no +(another image: sha256:d+|not asked any more)/)
    expect(refusals).toBe(3)
  })
})

test.each(['toString', 'constructor', 'explode'])('images %s: how it is called', async (word) => {
  const { io, printed } = fakeIo()
  expect(await images.run(options({ rest: [word] }), io)).toBe(2)
  expect(printed.err).toBe('slipway images takes one of: list, check, rewrite, save, sync.\n')
})
