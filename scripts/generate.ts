import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { example } from '../src/config/example.ts'
import { jsonSchema } from '../src/config/json-schema.ts'

/** Everything that is written from the schema: file -> text. */
const files: Readonly<Record<string, string>> = {
  'cluster.example.yml': example(),
  'docs/cluster.schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
}

const root = join(import.meta.dirname, '..')

const current = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const stale = Object.entries(files).filter(([name, text]) => current(join(root, name)) !== text)

if (process.argv.includes('--check')) {
  for (const [name] of stale) console.error(`${name} does not fit the schema any more: run node scripts/generate.ts`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [name, text] of stale) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
    console.error(`wrote ${name}`)
  }
}
