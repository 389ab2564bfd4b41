import { listCertificates } from './list.ts'
import { restore } from './restore.ts'
import { rotateSecrets, SUBJECTS } from './rotate.ts'
import { converge } from '../../run/converge.ts'
import { withSession } from '../../run/session.ts'
import type { Command, Io } from '../../run/types.ts'

const USAGE = [
  'list',
  'renew [--strict]',
  `rotate ${Object.keys(SUBJECTS).join('|')} [--step] [--drop-old] [--strict]`,
  'restore FILE|s3://BUCKET/NAME --identity PRIVATE-KEY',
]

const usage = (io: Io): number => {
  const words = USAGE.join(' | ')
  io.err(io.language === 'zh' ? `用法：slipway certs ${words}\n` : `Usage: slipway certs ${words}\n`)
  return 2
}

/** `slipway certs list|renew|rotate|restore`: what runs out when, new leaves for all, new CAs and keys one host at a time, lost ones from a backup. */
export const certs: Command = {
  name: 'certs',
  most: 2,
  summary: {
    en: 'certs list: every certificate and its days; certs renew: new ones for all; certs rotate: new CAs and keys; certs restore: lost ones from a backup',
    zh: 'certs list：列出所有证书及剩余天数；certs renew：全部续期；certs rotate：轮换 CA 与密钥；certs restore：从备份放回丢失的密钥',
  },
  usage: USAGE,
  words: {
    list: {},
    renew: { shared: ['strict'] },
    rotate: { flags: { step: { type: 'boolean' }, 'drop-old': { type: 'boolean' } }, shared: ['strict'] },
    restore: { flags: { identity: { type: 'string' } } },
  },
  run: async (options, io) => {
    const [word, subject = '', ...more] = options.rest
    if (more.length > 0) return usage(io)
    if (word === 'rotate')
      return Object.hasOwn(SUBJECTS, subject)
        ? withSession(options, io, (session) => rotateSecrets(session, subject, options, io))
        : usage(io)
    const { identity } = options.flags
    if (word === 'restore') return subject !== '' && typeof identity === 'string' ? restore(subject, identity, options, io) : usage(io)
    if ((word !== 'list' && word !== 'renew') || subject !== '') return usage(io)
    const renew = word === 'renew'
    return withSession(
      options,
      io,
      (session) => (renew ? converge(session, options, io) : listCertificates(session, options, io)),
      (intent) => ({ ...intent, cluster: { ...intent.cluster, renew } }),
    )
  },
}
