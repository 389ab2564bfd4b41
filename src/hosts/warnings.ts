import type { Problem } from '../problem.ts'
import type { Environment } from './transport.ts'

/** What a person is to know of how hosts were reached, each once for all hosts, by a key of its own. */
export const warningsOf = ({ share }: Environment): Promise<Map<string, Problem>> => share.once('warnings', async () => new Map())
