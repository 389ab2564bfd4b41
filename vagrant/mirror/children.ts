// The two servers that are not ours: the registry and CoreDNS.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Journal } from './journal.ts'
import { REGISTRY_PORT } from './registry.ts'

export interface LabNames {
  readonly own: string
  readonly blackhole: string
  /** Addresses of names that have one: mirrors and hosts. */
  readonly hosts: Readonly<Record<string, string>>
}

/** A child that ends takes the mirror host with it: half a mirror would only puzzle. */
function mustLive(child: ChildProcess, name: string): void {
  child.on('exit', (code, signal) => {
    process.stderr.write(`${name} ended: ${String(code ?? signal)}\n`)
    process.exit(1)
  })
}

export function startRegistry(lab: string): void {
  const file = '/run/registry.yml'
  writeFileSync(
    file,
    `version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: ${lab}/registry}
  maintenance: {readonly: {enabled: true}}
http: {addr: "127.0.0.1:${String(REGISTRY_PORT)}"}
`,
  )
  const child = spawn(`${lab}/bin/registry/registry`, ['serve', file], {
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  mustLive(child, 'registry')
}

function corefile(names: LabNames): string {
  const hosts = Object.entries(names.hosts).map(([name, address]) => `    ${address} ${name}`)
  const common = `  bind ${names.own}
  log . "{remote} {type} {name} {rcode}"
  errors`
  // Two server blocks, since CoreDNS runs its templates before its hosts.
  return `${Object.keys(names.hosts).join(' ')} {
${common}
  template IN SRV {
    rcode NXDOMAIN
  }
  hosts {
${hosts.join('\n')}
    no_reverse
  }
}
local internal lan arpa svc {
${common}
  template ANY ANY {
    rcode NXDOMAIN
  }
}
. {
${common}
  template IN A {
    answer "{{ .Name }} 60 IN A ${names.blackhole}"
  }
  template ANY ANY {
    rcode NOERROR
  }
}
`
}

export function startDns(lab: string, names: LabNames, journal: Journal): void {
  const file = '/run/Corefile'
  writeFileSync(file, corefile(names))
  const child = spawn(`${lab}/bin/coredns/coredns`, ['-conf', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  mustLive(child, 'coredns')
  createInterface({ input: child.stdout }).on('line', (line) => {
    const match = /^\[INFO\] (\S+) (\S+) (\S+) (\S+)$/.exec(line)
    if (match === null) return
    const [, client, type, name = '', rcode] = match
    // apt asks for _https._tcp.NAME first.
    const plain = name
      .replace(/\.$/, '')
      .replace(/^(_[^.]+\.)+/, '')
      .toLowerCase()
    const known = Object.hasOwn(names.hosts, plain)
    journal.add({ time: new Date().toISOString(), client, type, name, rcode, known })
  })
}
