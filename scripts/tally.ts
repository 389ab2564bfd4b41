import { globSync, readFileSync } from 'node:fs'

/** The counts of one vitest run, from its JSON report. */
type Counts = Readonly<{ numPassedTests: number; numFailedTests: number; success: boolean }>

const [folder = '.results'] = process.argv.slice(2)
const runs = globSync(`${folder}/*.json`).map((path) => JSON.parse(readFileSync(path, 'utf8')) as Counts)
const total = (key: 'numPassedTests' | 'numFailedTests'): number => runs.reduce((sum, run) => sum + run[key], 0)
// A file that could not even be loaded counts no test as failed; it must not look like success.
const broken = runs.filter(({ success, numFailedTests }) => !success && numFailedTests === 0).length

console.log(`${total('numPassedTests')} passed, ${total('numFailedTests') + broken} failed`)
