import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

// Which files may touch the world. Everything else under src/ decides and renders: same input, same output (design: deciding and doing are apart).

/** Where files, processes, the network, the clock and randomness are. */
const IMPURE =
  /^src\/(hosts\/|net\/|ui\/|delivery\/|run\/|commands\/|cli\.ts$|config\/load\.ts$|(shell|releases\/data)\/texts\.ts$|engine\/(apply|reset|vault(-\w+)?)\.ts$)/

/** The folders of src/ from the ground up: a file imports from its own folder and from those before it. Files directly in src/ but cli.ts are the ground. */
const ORDER = [
  'shell',
  'archive',
  'templates',
  'images',
  'config',
  'hosts',
  'mirrors',
  'releases',
  'cluster',
  'resources',
  'addons',
  'steps',
  'engine',
  'net',
  'delivery',
  'ui',
  'run',
  'commands',
  'cli.ts',
]

/** Imports against the order, each with its reason: "from -> to". At most three. */
const AGAINST: Readonly<Record<string, string>> = {}

/** What a pure file may import from outside src/. */
const PURE_MODULES: Readonly<Record<string, RegExp | undefined>> = {
  yaml: undefined,
  zod: undefined,
  'node:path': undefined,
  'node:path/posix': undefined,
  'node:util': undefined,
  'node:net': /^isIP(v4|v6)?$/,
  'node:crypto': /^(createHash|createPrivateKey|createPublicKey|verify|X509Certificate)$/,
}

/** Names that reach the world without an import. */
const GLOBALS =
  /(?<![.\w])(Date\.now|Math\.random|performance\.now|crypto\.(getRandomValues|randomUUID|subtle\.generateKey)|process\.(env|std\w+|argv|cwd|exit\w*|pid|on|once|platform)|(fetch|setTimeout|setInterval)\()|\bnew Date\(\)/g

/** Constant texts read once at start: files in a checkout, part of the bundle when published. */
const CONSTANTS = new Set(['src/shell/texts.ts', 'src/releases/data/texts.ts'])

/** Uses that decide nothing, each with its reason. */
const EXCUSED: Readonly<Record<string, string>> = {
  // yaml asks for process.env at every token; a plain copy for as long as it parses is quicker and changes no answer.
  'src/config/read-yaml.ts': 'uses process.env',
}

type Import = Readonly<{ from: string; names: readonly string[]; typeOnly: boolean }>

/** The source without comments; strings stay, because a URL in one would otherwise look like a comment. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

const importsOf = (text: string): Import[] => {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm)
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)
  return [
    ...[...statements].map(([, type, names = '', from = '']): Import => {
      const listed = names
        .replace(/[{}]/g, ' ')
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)
      const values = listed.filter((name) => !name.startsWith('type ')).map((name) => name.split(/\s+as\s+/)[0] ?? name)
      return { from, names: values, typeOnly: type !== undefined || (listed.length > 0 && values.length === 0) }
    }),
    ...[...dynamic].map(([, from = '']): Import => ({ from, names: ['*'], typeOnly: false })),
  ]
}

/** What a file does that a pure one may not; imports of other files of ours are followed by `reaches`. */
const offencesIn = (text: string): string[] => [
  ...importsOf(text)
    .filter(({ from, typeOnly }) => !typeOnly && !from.startsWith('.'))
    .flatMap(({ from, names }) => {
      if (!(from in PURE_MODULES)) return [`imports ${from}`]
      const allowed = PURE_MODULES[from]
      return allowed ? names.filter((name) => !allowed.test(name)).map((name) => `imports ${name} from ${from}`) : []
    }),
  ...[...text.matchAll(GLOBALS)].map(([name]) => `uses ${name}`),
]

const files = new Map(globSync('src/**/*.ts').map((path) => [normalize(path), code(readFileSync(path, 'utf8'))]))

const offences = (path: string): string[] => offencesIn(files.get(path) ?? '').filter((what) => what !== EXCUSED[path])

/** The files of ours that one file needs at run time. */
const neighbours = (path: string): string[] =>
  importsOf(files.get(path) ?? '')
    .filter(({ from, typeOnly }) => !typeOnly && from.startsWith('.'))
    .map(({ from }) => normalize(join(dirname(path), from)))

/** The way from a file to the first one that is impure in fact, or nothing. */
const reaches = (path: string, seen = new Set<string>()): string[] | undefined => {
  if (seen.has(path) || CONSTANTS.has(path)) return undefined
  seen.add(path)
  const [first] = offences(path)
  if (first !== undefined) return [`${path} ${first}`]
  for (const next of neighbours(path)) {
    const way = reaches(next, seen)
    if (way) return [path, ...way]
  }
  return undefined
}

/** How high a file stands in the order; the ground is -1. */
const height = (path: string): number => ORDER.indexOf(path.split('/')[1] ?? '')

/** Imports, of types too, that run against the order of the folders. */
const against = (path: string): string[] =>
  importsOf(files.get(path) ?? '')
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from }) => normalize(join(dirname(path), from)))
    .filter((to) => height(to) > height(path) && !(`${path} -> ${to}` in AGAINST))
    .map((to) => `${path} -> ${to}: runs against the order of the folders`)

const wrong = [...files.keys()]
  .filter((path) => !IMPURE.test(path))
  .sort()
  .flatMap((path) => {
    const own = offences(path).map((what) => `${path}: ${what}, but this part is pure`)
    const way = own.length === 0 ? reaches(path) : undefined
    return way ? [`${path}: needs what is not pure: ${way.join(' -> ')}`] : own
  })

wrong.push(...[...files.keys()].flatMap(against))
for (const way of Object.keys(AGAINST)) if (!files.has(way.split(' ')[0] ?? '')) wrong.push(`${way}: listed as an exception, and not there`)

const MOST_FILES = 40
for (const [folder, inside] of Map.groupBy(globSync('src/**/*.*'), dirname))
  if (inside.length > MOST_FILES) wrong.push(`${folder}: ${inside.length} files directly in it, at most ${MOST_FILES}`)

for (const line of wrong) console.error(line)
console.error(`zones: ${files.size} files, ${wrong.length} wrong`)
process.exitCode = wrong.length > 0 ? 1 : 0
