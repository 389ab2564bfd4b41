import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { judge, parseProbes, probesFor, probeScript, suggest } from '../../../src/commands/mirrors/probes.ts'
import type { Os } from '../../../src/mirrors/types.ts'
import { releaseOf } from '../../../src/releases/index.ts'

const OS: Os = { id: 'debian', version: '12', codename: 'bookworm', arch: 'amd64' }
const mirrors = (value: unknown) =>
  schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors: value }).mirrors
const probes = (value: unknown, all = false) => probesFor(mirrors(value), releaseOf('v1.36.3'), OS, all)

test("every provider is asked for what it carries of this version; nothing of Google's under cn", () => {
  const urls = probes('cn').map(({ kind, provider, url }) => `${kind} ${provider} ${url}`)
  expect(urls).toContain('base aliyun https://mirrors.aliyun.com/debian/dists/bookworm/InRelease')
  expect(urls).toContain('kubernetes tuna https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.36/deb/Packages')
  expect(urls).toContain('docker aliyun https://mirrors.aliyun.com/docker-ce/linux/debian/dists/bookworm/stable/binary-amd64/Packages')
  expect(urls).toContain('files daocloud https://files.m.daocloud.io/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet')
  expect(urls).toContain('images daocloud https://m.daocloud.io/v2/registry.k8s.io/pause/manifests/3.10.2')
  expect(urls.filter((url) => /\/\/[^/]*(k8s\.io|gcr\.io|google)/.test(url))).toEqual([])
  expect(probes('cn', true).some(({ provider, kind }) => provider === 'upstream' && kind === 'files')).toBe(true)
  expect(probes({ files: ['http://mirror.corp/x'] })[0]).toBeDefined()
  expect(probes({ files: ['http://mirror.corp/x'] }).find(({ kind }) => kind === 'files')?.url).toMatch(
    /^http:\/\/mirror\.corp\/x\/dl\.k8s\.io/,
  )
})

test('asked under sh: what answers, what does not, and an order', async () => {
  const server = createServer(({ url, headers }, response) => {
    if (url?.includes('/good/') && headers.range) response.writeHead(206).end(Buffer.alloc(1000))
    else if (url?.startsWith('/token')) response.end('{ "token": "t" }')
    else if (url?.endsWith('/registry.k8s.io/pause/manifests/3.10.2') && headers.accept?.includes('oci.image.index')) {
      if (headers.authorization === 'Bearer t') response.end('{}')
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s",scope="x"` }).end()
    } else if (url?.endsWith('/deb/Packages'))
      response.end(`Package: kubelet\nVersion: ${url.includes('/new/') ? '1.36.3-1.1' : '1.36.2-1.1'}\n`)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked = probes({
    files: [`${base}/bad`, `${base}/good`, 'http://127.0.0.1:1/x'],
    images: [base],
    apt: { kubernetes: [`${base}/old`, `${base}/new`] },
  }).filter(({ url }) => url.includes('127.0.0.1'))
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', probeScript(asked)], { env: { ...process.env, no_proxy: '*' } })
  server.close()
  const verdicts = judge([...parseProbes(stdout, asked), ...parseProbes(stdout, asked)])
  expect(verdicts.map(({ kind, reached, asked: all, why }) => [kind, `${reached}/${all}`, why.replace(/ after.*/, '')])).toEqual([
    ['kubernetes', '0/2', 'not this version (no Version: 1.36.3-)'],
    ['kubernetes', '2/2', ''],
    ['files', '0/2', 'HTTP 404'],
    ['files', '2/2', ''],
    ['files', '0/2', 'Failed to connect to 127.0.0.1 port 1'],
    ['images', '2/2', ''],
  ])
  expect(suggest(verdicts)).toEqual({ kubernetes: [`${base}/new`], files: [`${base}/good`], images: [base] })
})
