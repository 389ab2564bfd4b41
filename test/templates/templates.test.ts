import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { embeddedKubeconfig, pathKubeconfig } from '../../src/templates/kubeconfig.ts'
import { manifest } from '../../src/templates/manifest.ts'
import { unitText } from '../../src/templates/unit.ts'

const service = { description: 'A thing', argv: ['/bin/thing', '--a=b'], type: 'exec' } as const
const execStart = (argv: readonly string[]): string =>
  (/^ExecStart=((?:.*\\\n)*.*)$/m.exec(unitText('x', { ...service, argv }))?.[1] ?? '').replaceAll(/ \\\n {2}/g, ' ')

describe('a unit', () => {
  test('is always the same text for the same service', () => {
    expect(unitText('thing', service)).toBe(unitText('thing', { ...service, argv: [...service.argv] }))
    expect(unitText('thing', service)).toMatchInlineSnapshot(`
      "[Unit]
      Description=A thing
      After=network-online.target
      Wants=network-online.target
      StartLimitIntervalSec=0

      [Service]
      Type=exec
      EnvironmentFile=-/etc/slipway/units/thing.env
      ExecStart=/bin/thing \\
        --a=b
      Restart=always
      RestartSec=2
      TimeoutStartSec=300
      LimitNOFILE=1048576

      [Install]
      WantedBy=multi-user.target
      "
    `)
  })

  test.each([
    ['a percent sign', '--a=50%', '--a=50%%'],
    ['a dollar', '--a=$HOME', '--a=$$HOME'],
    ['a space', '--a=b c', '"--a=b c"'],
    ['quotes', '--a="b"', '"--a=\\"b\\""'],
    ['a backslash', '--a=b\\c', '"--a=b\\\\c"'],
    ['a semicolon alone', ';', '";"'],
    ['a single quote', "--a=it's", '"--a=it\'s"'],
    ['a new line', '--a=b\nExecStartPre=/bin/evil', '"--a=b\\nExecStartPre=/bin/evil"'],
    ['other letters', '--a=节点', '"--a=节点"'],
  ])('%s is one argument to systemd', (_, argument, text) => {
    expect(execStart(['/bin/thing', argument])).toBe(`/bin/thing ${text}`)
  })

  test('no argument can begin a line of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (extra) => {
        const text = unitText('x', { ...service, argv: ['/bin/thing', ...extra] })
        const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('  '))
        expect(lines.every((line) => /^(\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*)$/.test(line))).toBe(true)
      }),
    )
  })
})

describe('a kubeconfig', () => {
  const options = { server: 'https://127.0.0.1:6443', user: 'somebody', authority: '/ca', certificate: '/crt', key: '/key' }

  test('by path holds no key', () => {
    expect(parse(pathKubeconfig(options))).toMatchObject({
      clusters: [{ cluster: { server: options.server, 'certificate-authority': '/ca' } }],
      users: [{ name: 'somebody', user: { 'client-certificate': '/crt', 'client-key': '/key' } }],
      'current-context': 'default',
    })
  })

  test('to be carried away holds everything', () => {
    const { users } = parse(embeddedKubeconfig({ ...options, key: 'KEY\n' })) as { users: { user: Record<string, string> }[] }
    expect(Buffer.from(users[0]?.user['client-key-data'] ?? '', 'base64').toString()).toBe('KEY\n')
  })
})

describe('a manifest', () => {
  test('is as many documents as objects, without anchors, and always the same', () => {
    const shared = { app: 'x' }
    const objects = [
      { kind: 'A', a: shared, b: shared, text: `${'long '.repeat(60)}` },
      { kind: 'B', script: 'one\ntwo\n' },
    ]
    const text = manifest(objects)
    expect(parseAllDocuments(text).map((document) => document.toJS())).toEqual(objects)
    expect(text).not.toMatch(/[&*]a1/)
    expect(manifest(objects)).toBe(text)
  })
})
