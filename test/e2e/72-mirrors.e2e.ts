// Behind the wall with mirrors that lie, stall and break: what is delivered is what is pinned, each bad place costs its limits once, and
// one line says so. Whole runs first; then the hosts' own functions against each kind of fault, with limits that a test can wait for.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Fault } from '../../vagrant/mirror/faults.ts'
import { loadConfig } from '../../src/config/load.ts'
import { PRELUDE } from '../../src/shell/texts.ts'
import { pinnedImage } from '../../src/releases/pinned.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { alternatesOf } from '../../src/releases/alternates.ts'
import { ARTIFACTS, type ArtifactName } from '../../src/releases/artifacts.ts'
import { releaseOf, SUPPORTED } from '../../src/releases/index.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { ArtifactResource, Resource } from '../../src/resources/types.ts'
import { deb822 } from '../../src/templates/deb822.ts'
import { type Ended, lab, launch, now, Operator } from './lab.ts'
import { aptFiles, asked, behave, HOST, inside, labLock, misbehave, oneNode } from './mirror-host.ts'

const LONG = 600_000
const FILES = 'files.m.daocloud.io'
const IMAGES = 'm.daocloud.io'
const APT = 'mirrors.aliyun.com'
const NEXT_APT = 'mirrors.tuna.tsinghua.edu.cn'

const lock = labLock()
const pins = { ...lock.files, ...lock.debs, ...lock.images }
const release = releaseOf('v1.36.3', {}, lock.images)

let operator: Operator
let stock: string
let sources: ReturnType<typeof sourcesOf>
let files: Readonly<Record<string, string>>

beforeAll(async () => {
  await behave()
  await lab('fresh', HOST)
  operator = new Operator()
  operator.seconds = 540
  operator.write(oneNode)
  stock = await aptFiles()
  const text = readFileSync(operator.file, 'utf8')
  const loaded = await loadConfig(operator.file, { supported: SUPPORTED })
  sources = sourcesOf(loaded.config!.mirrors)
  const { kubernetes: key } = (parse(text) as { mirrors: { apt: { keys: Record<string, string> } } }).mirrors.apt.keys
  files = { [key!]: readFileSync(key!, 'utf8') }
}, LONG)

afterAll(behave)

/** The lines of a run's report that speak of a source. */
const reported = ({ stderr }: Ended): string[] => stderr.split('\n').filter((line) => line.includes('note: '))

describe('whole runs', () => {
  test(
    'every provider is bad: exit 5, and the host is as it was',
    async () => {
      await misbehave([{ kind: '503' }])
      const run = await operator.up()
      expect(run.exit, run.stderr).toBe(5)
      expect(run.stderr).toContain('none of the apt sources of this host works')
      for (const host of [APT, NEXT_APT, 'mirrors.ustc.edu.cn', 'deb.debian.org'])
        expect(
          reported(run).filter((line) => line.includes(`${host}: apt source base: HTTP 503`)),
          host,
        ).toHaveLength(1)
      expect(await aptFiles()).toBe(stock)
      expect(await inside('ls /opt/slipway 2>/dev/null | wc -l; find / -xdev -name ".*.slipway" | wc -l')).toBe('0\n0\n')
    },
    LONG,
  )

  test(
    'the first provider of everything flips one bit: the next takes over, one line each, and the cluster stands',
    async () => {
      const bits: Omit<Fault, 'client'>[] = [FILES, IMAGES].map((host) => ({
        kind: 'bit-flip',
        host,
        path: '.*(bin/linux|releases/download|blobs/).*',
      }))
      await misbehave([...bits, { kind: 'bit-flip', host: APT, path: '/debian/pool/.*' }])
      const run = await operator.up()
      expect(run.exit, run.stderr).toBe(0)
      await behave()
      const lines = reported(run)
      expect(lines.some((line) => line.includes(`${FILES}: `) && line.includes('wrong digest'))).toBe(true)
      expect(lines.some((line) => line.includes(`${IMAGES}: `) && line.includes('wrong digest'))).toBe(true)
      expect(lines.filter((line) => line.includes(`${APT}: packages: wrong digest (given up)`))).toHaveLength(1)
      // A place that lies about single files is given up after three.
      expect(lines.filter((line) => line.includes(`${FILES}: `)).length).toBeLessThanOrEqual(3)
      expect(new Set(lines).size).toBe(lines.length)
      const sourcesNow = await inside('cat /etc/apt/sources.list.d/debian.sources')
      expect(sourcesNow).toContain(`URIs: https://${NEXT_APT}/debian\n`)
      expect(await inside('cat /var/lib/slipway/stamps/*')).not.toContain('sha256:0000')
    },
    LONG,
  )

  test(
    'a second up asks the mirrors for nothing',
    async () => {
      const since = now()
      const { exit, stderr } = await operator.up()
      expect(exit, stderr).toBe(0)
      expect(stderr).toContain('No changes')
      expect(await asked(since)).toEqual([])
    },
    LONG,
  )

  test('nothing that runs came by a tag alone', async () => {
    const images = (
      await inside(
        'kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A -o jsonpath=\'{range .items[*]}{range .spec.containers[*]}{.image}{"\\n"}{end}{range .spec.initContainers[*]}{.image}{"\\n"}{end}{end}\'; sed -n \'s/.*sandbox = "\\(.*\\)"/\\1/p\' /etc/containerd/config.toml',
      )
    )
      .split('\n')
      .filter(Boolean)
    expect(images.length).toBeGreaterThan(4)
    for (const image of images) expect(Object.values(lock.images)).toContain(image.slice(image.indexOf('@') + 1))
  })

  test(
    '/etc/apt is what the mirrors’ own instructions show',
    async () => {
      const codename = (await inside('. /etc/os-release; echo "$VERSION_CODENAME"')).trim()
      const debian = (uri: string, suites: string[]) => ({
        uris: [uri],
        suites,
        components: ['main', 'contrib', 'non-free', 'non-free-firmware'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      })
      const expected = {
        'debian.sources': deb822([
          debian(`https://${NEXT_APT}/debian`, [codename, `${codename}-updates`]),
          debian('http://security.debian.org/debian-security', [`${codename}-security`]),
        ]),
        'kubernetes.sources': `Types: deb\nURIs: https://${APT}/kubernetes-new/core/stable/v1.36/deb/\nSuites: /\nSigned-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc\n`,
        'docker.sources': `Types: deb\nURIs: https://${APT}/docker-ce/linux/debian\nSuites: ${codename}\nComponents: stable\nSigned-By: /etc/apt/keyrings/docker.asc\n`,
      }
      for (const [name, text] of Object.entries(expected)) expect(await inside(`cat /etc/apt/sources.list.d/${name}`)).toBe(text)
      expect((await inside('ls /etc/apt/sources.list.d')).trim().split('\n').sort()).toEqual(Object.keys(expected).sort())
      expect(
        await inside('apt-get update 2>&1; apt-cache policy kubelet | sed -n 3p; dpkg -l kubelet 2>/dev/null | grep -c ^ii || true'),
      ).toMatch(/Candidate: 1\.36\.3-1\.1\n0\n$/)
    },
    LONG,
  )
})

// ---- each kind of fault against each kind of thing ----

/** What waiting is worth here; a product's limits are the same variables with greater values. */
const LIMITS = 'FETCH_CONNECT=3\nFETCH_FIRST_BYTE=4\nFETCH_WINDOW=2\nFETCH_PAUSE=0.2\nAPT_SILENCE=4\n'

/** Nothing that the cluster runs is touched: everything goes to a folder of its own, which reset knows like any other. */
const apart = (script: string): string =>
  script.replaceAll('/opt/slipway/', '/opt/slipway/matrix/').replace(/^stamp ('?)/gm, 'stamp $1matrix-')

const around = () => ({
  release,
  os: { id: 'debian', version: '12', codename: 'bookworm', arch: 'amd64' } as const,
  sources,
  pins,
  keys: { kubernetes: Object.keys(files)[0]!, docker: Object.keys(files)[0]! },
  files,
})

const artifact = (name: ArtifactName, only?: 'file' | 'deb' | 'image'): ArtifactResource => {
  const made = ARTIFACTS[name](release, 'amd64')
  const others = alternatesOf(name, around())
  return {
    kind: 'artifact',
    artifact: made,
    urls: only === undefined || only === 'file' ? sources.files(made.path) : [],
    pin: only === undefined || only === 'file' ? (pins[made.path] ?? '') : '',
    others: only === undefined ? others : others.filter(({ kind }) => kind === only),
  }
}

const image = (ref: string): Resource => {
  const { stored, places } = pinnedImage(ref, { sources, pins })!
  return { kind: 'image', ref: `${ref}-matrix`, name: stored, arch: 'amd64', places }
}

const base = (): Resource => {
  const choices = sources.apt({ kind: 'base' }, around().os).map(({ uri, ...rest }) => ({
    host: new URL(uri).host,
    text: deb822([{ ...rest, uris: [uri], signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' }]),
  }))
  const path = '/etc/apt/sources.list.d/debian.sources'
  return { kind: 'apt-sources', name: 'debian', path, old: '/etc/apt/sources.list', parts: [{ name: 'base', choices }] }
}

const scriptOf = (want: Resource): string => kindOf(want).script(want, { verb: 'create', reason: { en: '', zh: '' } }, {})

const runOnHost = async (body: string): Promise<{ exit: number | null; notes: string[]; stdout: string; stderr: string }> => {
  const text = `${PRELUDE}\n${LIMITS}SLIPWAY_RUN=${randomUUID()}\nmain() {\nenter\n${body}\n}\nmain; exit\n`
  // A script ends with its standard input, as with the ssh channel.
  const ended = await launch('docker', ['exec', '-i', `slipway-lab-${HOST}`, 'sh', '-c', text], { open: true, seconds: 200 }).ended
  const notes = ended.stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('::slipway note ') ? [line.slice('::slipway note '.length)] : []))
  return { ...ended, notes }
}

const about = (notes: readonly string[], host: string): string[] => notes.filter((note) => note.startsWith(`source-failed ${host} `))

type Expected = Readonly<{ file: RegExp; apt: RegExp; hard: boolean }>
const SILENT = /silent for \d+ s|only [\d.]+ KB\/s|it broke off|no answer/

/** What the report is to say; `hard`: the place is not asked again in the run. */
const KINDS: Readonly<Record<string, Expected>> = {
  'wrong-bytes': { file: /wrong digest/, apt: /bad signature|wrong digest|an HTML page/, hard: false },
  'bit-flip': { file: /wrong digest/, apt: /bad signature|wrong digest/, hard: false },
  truncate: { file: /it broke off|HTTP 5/, apt: /it broke off|wrong digest|bad signature/, hard: false },
  '404': { file: /HTTP 404/, apt: /HTTP 404|does not have a Release file/, hard: false },
  '503': { file: /HTTP 503 \(given up\)/, apt: /HTTP 503/, hard: true },
  stall: { file: /silent for 4 s \(given up\)/, apt: SILENT, hard: true },
  'stall-body': { file: SILENT, apt: SILENT, hard: true },
  // Less than one TLS record within the window is silence.
  trickle: { file: /(only [\d.]+ KB\/s|silent for \d s) \(given up\)/, apt: SILENT, hard: true },
  html: { file: /an HTML page/, apt: /an HTML page|bad signature/, hard: false },
  'redirect-loop': { file: /it redirects in circles \(given up\)/, apt: /it redirects in circles/, hard: true },
  'expired-cert': { file: /expired certificate \(given up\)/, apt: /expired certificate/, hard: true },
}

describe('each kind of fault on the first provider', () => {
  beforeAll(async () => {
    await behave()
    await inside('apt-get -y -q purge tree >/dev/null 2>&1 || true; mkdir -p /opt/slipway')
  }, LONG)

  const clean = (): Promise<string> =>
    inside('rm -rf /opt/slipway/matrix /var/lib/slipway/stamps/matrix-* /var/lib/slipway/apt /var/lib/apt/lists/*; apt-get clean')

  test.for(Object.entries(KINDS))(
    '%s: files, binaries out of images, images and lists come from the next',
    async ([kind, { file, apt, hard }]) => {
      await clean()
      await misbehave([FILES, IMAGES, APT].map((host) => ({ kind: kind as Fault['kind'], host })))
      const since = now()
      const wants = [artifact('kube-scheduler'), artifact('kube-proxy', 'image'), image(release.images.coredns), base()]
      const run = await runOnHost(wants.map((want) => apart(scriptOf(want))).join(''))
      await behave()
      expect(run.exit, `${run.stderr}\n${run.stdout}`).toBe(0)
      const said = { files: about(run.notes, FILES), images: about(run.notes, IMAGES), apt: about(run.notes, APT) }
      expect(said.files).toHaveLength(1)
      expect(said.files[0]).toMatch(file)
      for (const line of said.images) expect(line).toMatch(file)
      expect(said.images.length).toBe(hard ? 1 : said.images.length)
      expect(said.apt).toHaveLength(1)
      expect(said.apt[0]).toMatch(apt)
      // What lies there is what is pinned, whoever served it.
      const stamp = (name: string): Promise<string> => inside(`head -n 1 /var/lib/slipway/stamps/matrix-${name}`)
      const scheduler = await stamp('kubernetes-v1.36.3-kube-scheduler')
      expect(scheduler.trim()).toBe(pins['registry.k8s.io/kube-scheduler:v1.36.3'])
      expect(await inside('sha256sum /opt/slipway/matrix/kubernetes/v1.36.3/kube-scheduler | cut -c 1-64')).toBe(
        `${pins['dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-scheduler']?.slice(7)}\n`,
      )
      expect(await inside('cat /etc/apt/sources.list.d/debian.sources')).toContain(`https://${NEXT_APT}/debian`)
      expect(await inside('find /var/lib/slipway/fetch -type f | wc -l')).toBe('0\n')
      // Its limits once: a place that is not to be asked again was not.
      if (hard && kind !== 'expired-cert') {
        const requests = await asked(since)
        expect(requests.filter(({ host }) => host === FILES).length).toBeLessThanOrEqual(kind === 'redirect-loop' ? 7 : 3)
      }
    },
  )

  test.for(Object.entries(KINDS).filter(([kind]) => kind !== 'expired-cert'))(
    '%s in packages: those of Debian and of Kubernetes come from the next mirror',
    async ([kind, { apt }]) => {
      await clean()
      await misbehave([{ kind: kind as Fault['kind'], host: APT, path: '.*\\.deb$' }])
      const body = `${scriptOf(base())}${apart(scriptOf(artifact('cni-plugins', 'deb')))}apt_fetch tree\n`
      const run = await runOnHost(body)
      await behave()
      expect(run.exit, `${run.stderr}\n${run.stdout}`).toBe(0)
      const said = about(run.notes, APT)
      expect(said).toHaveLength(2)
      expect(said[0]).toMatch(/^source-failed \S+ kubernetes-cni /)
      expect(said[1]).toMatch(/^source-failed \S+ apt:packages /)
      for (const line of said) expect(line).toMatch(new RegExp(`${apt.source}|wrong digest`))
      expect(await inside('ls /var/cache/apt/archives/tree_*.deb | wc -l')).toBe('1\n')
      expect(run.stdout).toContain(`from ${NEXT_APT}`)
    },
  )

  test(
    'a signature that does not fit: neither lists nor packages are taken from there',
    async () => {
      await clean()
      await misbehave([{ kind: 'bad-signature', host: APT }])
      const run = await runOnHost(`${scriptOf(base())}${apart(scriptOf(artifact('kubelet', 'deb')))}`)
      await behave()
      expect(run.exit, run.stderr).toBe(0)
      expect(about(run.notes, APT)).toEqual([
        `source-failed ${APT} apt:base bad signature (given up)`,
        `source-failed ${APT} kubelet bad signature (given up)`,
      ])
    },
    LONG,
  )

  test.for(['wrong-bytes', 'trickle', '503'] as const)('%s everywhere: nothing is installed, nothing half-written', async (kind) => {
    await clean()
    await misbehave([{ kind }])
    for (const want of [artifact('kube-scheduler'), artifact('cni-plugins', 'deb'), image(release.images.coredns)]) {
      const run = await runOnHost(apart(scriptOf(want)))
      expect(run.exit).toBe(1)
      expect(run.stderr).toMatch(/no (source|place) delivered/)
    }
    await behave()
    expect(
      await inside(
        'find /opt/slipway/matrix -type f 2>/dev/null | wc -l; find /var/lib/slipway/fetch -type f | wc -l; ls /var/lib/slipway/stamps | grep -c matrix || true',
      ),
    ).toBe('0\n0\n0\n')
  })
})

describe('pins', () => {
  test(
    'one digit of a pin is wrong: refused, whoever serves it',
    async () => {
      const wrong = (text: string) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
      const file = artifact('kube-scheduler', 'file')
      const deb = artifact('cni-plugins', 'deb')
      const one = image(release.images.pause)
      if (one.kind !== 'image') throw new Error('an image was expected')
      const spoiled: Resource[] = [
        { ...file, pin: wrong(file.pin) },
        { ...deb, others: (deb.others ?? []).map((other) => ({ ...other, pin: wrong(other.pin) })) },
        { ...one, places: one.places.map((place) => ({ ...place, pin: wrong(place.pin) })) },
      ]
      for (const want of spoiled) {
        const run = await runOnHost(apart(scriptOf(want)))
        expect(run.exit).toBe(1)
        expect(run.notes.length).toBeGreaterThan(0)
      }
    },
    LONG,
  )

  test(
    'a missing pin is refused before anything is touched',
    async () => {
      const bare = new Operator()
      bare.write((config) => {
        oneNode(config)
        config.kubernetes_version = 'v1.36.9'
      })
      const { exit, stderr } = await bare.run('plan')
      expect(exit).toBe(2)
      expect(stderr).toContain('this Slipway does not bring all digests of Kubernetes v1.36.9')
      expect(stderr).toContain('dl.k8s.io/release/v1.36.9/bin/linux/amd64/kubelet has no pinned digest')
    },
    LONG,
  )
})

test(
  'mirrors test finds out which mirrors have what this version needs, and suggests those',
  async () => {
    await misbehave([{ kind: '404', host: APT, path: '/kubernetes-new/' }])
    const { exit, stdout } = await operator.run('mirrors', 'test', '-o', 'json')
    await behave()
    expect(exit).toBe(0)
    const { suggested } = JSON.parse(stdout) as { suggested: Record<string, string[]> }
    expect(suggested.kubernetes?.toSorted()).toEqual(['tuna', 'ustc'])
    expect(suggested.base).toContain('aliyun')
    expect(suggested.images).toEqual(['daocloud', 'aliyun'])
    expect(suggested.files).toEqual(['daocloud'])
  },
  LONG,
)

test(
  'after reset /etc/apt is byte for byte what it was',
  async () => {
    await behave()
    const { exit, stderr } = await operator.run('reset', '--confirm', 'wall')
    expect(exit, stderr).toBe(0)
    expect(await aptFiles()).toBe(stock)
  },
  LONG,
)

test(
  'the one-line format, and what stood under the names of ours, come back as well',
  async () => {
    const line = 'deb http://deb.debian.org/debian bookworm main\\ndeb http://security.debian.org/debian-security bookworm-security main'
    await inside(`rm -f /etc/apt/sources.list.d/debian.sources
      printf '# mine\\n${line}\\n' >/etc/apt/sources.list; touch -d 2020-01-02 /etc/apt/sources.list
      printf 'deb [trusted=yes] http://download.docker.com/linux/debian bookworm stable\\n' >/etc/apt/sources.list.d/docker.list
      printf 'Types: deb\\nURIs: http://nowhere.invalid/\\nSuites: /\\n' >/etc/apt/sources.list.d/kubernetes.sources; chmod 0640 /etc/apt/sources.list.d/kubernetes.sources`)
    const before = await aptFiles()
    await lab('ssh', HOST, 'true')
    const run = operator.start('up', '--yes', '-o', 'json')
    await run.line((text) => text.includes('change-done') && text.includes('"packages"'))
    run.kill('SIGTERM')
    await run.ended
    expect((await inside('ls /etc/apt/sources.list.d /etc/apt')).includes('docker.list')).toBe(false)
    const { exit, stderr } = await operator.run('reset', '--confirm', 'wall')
    expect(exit, stderr).toBe(0)
    expect(await aptFiles()).toBe(before)
  },
  LONG,
)
