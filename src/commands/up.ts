import { converge } from '../run/converge.ts'
import { openBundle, pushed } from '../run/delivery.ts'
import { refuse, withSession } from '../run/session.ts'
import type { Command } from '../run/types.ts'

/** `slipway up`: makes the hosts what cluster.yml says. With a bundle every byte comes from that file, through ssh. */
export const up: Command = {
  name: 'up',
  summary: {
    en: 'Make the hosts what cluster.yml says (--bundle FILE: hosts have no network but ssh)',
    zh: '使主机与 cluster.yml 一致（--bundle 文件：主机除 ssh 外没有网络）',
  },
  usage: ['[--bundle FILE] [--keep-failed] [--strict] [--verify]'],
  flags: { bundle: { type: 'string' }, 'keep-failed': { type: 'boolean' } },
  shared: ['strict', 'verify'],
  run: async (options, io) => {
    const { bundle: path } = options.flags
    if (typeof path !== 'string') return withSession(options, io, (session) => converge(session, options, io))
    const bundle = await openBundle(path)
    if ('what' in bundle) return refuse([bundle], io, options)
    return withSession(options, io, (session) => converge({ ...session, bundle }, options, io), pushed)
  },
}
