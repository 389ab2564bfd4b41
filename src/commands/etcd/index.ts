import { EXIT } from '../../problem.ts'
import { defrag } from './defrag.ts'
import { recipient } from './recipient.ts'
import { recover } from './recover.ts'
import { restore } from './restore.ts'
import { snapshot } from './snapshot.ts'
import type { Command, Io, Options, Takes } from '../../run/types.ts'

type Word = Takes & Readonly<{ usage: string; run(options: Options, io: Io): Promise<number> }>

const FORCED = { force: { type: 'boolean' }, confirm: { type: 'string' } } as const

const WORDS: Readonly<Record<string, Word>> = {
  recipient: { usage: 'recipient FILE', run: recipient },
  snapshot: { usage: 'snapshot [FILE] [--recipient PUBLIC-KEY]', flags: { recipient: { type: 'string' } }, run: snapshot },
  restore: {
    usage: 'restore FILE|s3://BUCKET/NAME --identity PRIVATE-KEY [--force] [--confirm WORD]',
    flags: { identity: { type: 'string' }, ...FORCED },
    run: restore,
  },
  recover: { usage: 'recover NAME [--force] [--confirm WORD]', flags: FORCED, run: recover },
  defrag: { usage: 'defrag', run: defrag },
}

/** `slipway etcd ...`: backups, what is done with them, and the care of a running etcd. */
export const etcd: Command = {
  name: 'etcd',
  most: 2,
  summary: {
    en: 'etcd snapshot|restore|recover|defrag|recipient: backups, disaster recovery, care',
    zh: 'etcd snapshot|restore|recover|defrag|recipient：备份、灾难恢复与维护',
  },
  usage: Object.values(WORDS).map(({ usage }) => usage),
  words: WORDS,
  run: async (options, io) => {
    const [name = ''] = options.rest
    const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined
    if (word) return word.run(options, io)
    const lines = Object.values(WORDS).map(({ usage }) => `  slipway etcd ${usage}\n`)
    io.err(`${io.language === 'zh' ? '用法：' : 'Usage:'}\n${lines.join('')}`)
    return EXIT.config
  },
}
