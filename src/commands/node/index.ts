import { EXIT } from '../../problem.ts'
import type { Command, Io, Options, Takes } from '../../run/types.ts'
import { reboot } from './reboot.ts'
import { remove } from './remove.ts'
import { replace } from './replace.ts'
import { say } from './say.ts'

/** `node WORD ...`: what it does with the names behind it. */
type Word = Takes & Readonly<{ run(names: readonly string[], options: Options, io: Io): Promise<number> }>

const WORDS: Readonly<Record<string, Word>> = {
  remove: { flags: { force: { type: 'boolean' } }, run: remove },
  replace: { shared: ['strict'], run: replace },
  reboot: { flags: { all: { type: 'boolean' } }, run: reboot },
}

const USAGE = ['remove NAME [--force]', 'replace NAME [--strict]', 'reboot NAME...', 'reboot --all']

const usage = (io: Io): number => {
  const text = `slipway node ${USAGE.join(' | ')}`
  say(io, `Usage: ${text}`, `用法：${text}`)
  return EXIT.config
}

/** `slipway node`: what is done to one node of a running cluster, and cannot be said by a change of cluster.yml. */
export const node: Command = {
  name: 'node',
  most: Number.POSITIVE_INFINITY,
  summary: {
    en: 'node remove|replace|reboot NAME: take a node out (--force: its host is dead), put a new host in its place, reboot (--all: one by one)',
    zh: 'node remove|replace|reboot NAME：移出节点（--force：主机已失效）、以新主机替换、重启（--all：逐台进行）',
  },
  usage: USAGE,
  words: WORDS,
  run: async (options, io) => {
    const [word = '', ...names] = options.rest
    const work = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    const all = word === 'reboot' && options.flags.all === true
    if (!work || (names.length === 0) !== all || (word !== 'reboot' && names.length > 1)) return usage(io)
    return work.run(names, options, io)
  },
}
