import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import * as digests from '../src/releases/data/texts.ts'
import * as scripts from '../src/shell/texts.ts'

// What is published: one file for Node 22 and newer, which strips no types under node_modules. `npm pack` runs this first.

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** The scripts that go to hosts and the tables of digests are files in a checkout; in the bundle they are its own text. */
const embedded: Plugin = {
  name: 'texts',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/(shell|releases\/data)\/texts\.ts$/ }, ({ path }) => ({
      contents: Object.entries(path.includes('/releases/') ? digests : scripts)
        .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}\n`)
        .join(''),
    }))
  },
}

/** ssh2 tries two native add-ons and goes on without them. */
const withoutNative: Plugin = {
  name: 'without-native',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /(\.node|^cpu-features)$/ }, ({ path }) => ({ path, namespace: 'native' }))
    onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of the bundle`)})`,
    }))
  },
}

/** What packages of CommonJS take for granted. */
const banner =
  "import { createRequire as slipwayRequire } from 'node:module'\nconst require = slipwayRequire(import.meta.url)\nconst __dirname = import.meta.dirname\nconst __filename = import.meta.filename\n"

const packageOf = (path: string): string | undefined => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]

type About = Readonly<{ version: string; license?: string; licenses?: readonly { type: string }[] }>

/** The licences of everything that is inside, as their authors ask. */
const licences = ({ inputs }: Metafile): string => {
  const names = [...new Set(Object.keys(inputs).flatMap((path) => packageOf(path) ?? []))].sort()
  return names
    .map((name) => {
      const folder = join(root, 'node_modules', name)
      const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as About
      const file = readdirSync(folder, { withFileTypes: true }).find((entry) => entry.isFile() && /^(licen[cs]e|copying)/i.test(entry.name))
      const text = file === undefined ? '(the package has no licence file)' : readFileSync(join(folder, file.name), 'utf8').trim()
      return `${name} ${about.version} (${about.license ?? about.licenses?.[0]?.type})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(78)}\n\n`)
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli.ts'],
  outfile: 'dist/slipway.js',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  banner: { js: banner },
  plugins: [embedded, withoutNative],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
})
chmodSync(join(dist, 'slipway.js'), 0o755)
writeFileSync(join(dist, 'LICENSES.txt'), licences(metafile))
