// How much memory streaming takes: the largest resident size of a process that streams one file to hosts, by its size and their number.
// Run: node bench/delivery/memory.ts HOST... (root by key; SLIPWAY_BENCH_KEY names it, SLIPWAY_BENCH_KNOWN_HOSTS the known hosts).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFrom } from '../../src/delivery/cache.ts'
import { capture } from '../../src/hosts/transport.ts'
import { createShare } from '../../src/hosts/share.ts'
import { connect } from '../../src/hosts/connect.ts'

const [, , mode, ...rest] = process.argv

const stream = async (path: string, hosts: readonly string[]): Promise<void> => {
  const environment = { home: homedir(), env: process.env, ask: undefined, share: createShare() }
  const target = {
    user: 'root',
    keyPath: process.env.SLIPWAY_BENCH_KEY ?? '',
    knownHosts: process.env.SLIPWAY_BENCH_KNOWN_HOSTS ?? '',
    agent: false,
    config: false,
    acceptNew: false,
    connectTimeout: 30,
  }
  const transports = await Promise.all(hosts.map((address) => connect({ ...target, address }, environment)))
  await Promise.all(transports.map((transport) => capture(transport, 'wc -c', { input: readFrom(path) })))
  await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()))
  console.log(process.resourceUsage().maxRSS)
}

if (mode === 'stream') await stream(rest[0] ?? '', rest.slice(1))
else {
  const hosts = process.argv.slice(2)
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
  const path = join(folder, 'file')
  for (const megabytes of [16, 128, 512])
    for (const count of new Set([1, hosts.length])) {
      writeFileSync(path, '')
      truncateSync(path, megabytes * 1024 * 1024)
      const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'stream', path, ...hosts.slice(0, count)], {
        encoding: 'utf8',
      })
      console.log(`${megabytes} MiB to ${count} host(s): ${(Number(stdout) / 1024).toFixed(0)} MiB resident${stderr}`)
    }
  rmSync(folder, { recursive: true, force: true })
}
