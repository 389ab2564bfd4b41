import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { Event } from '../engine/events.ts'
import type { Io } from './types.ts'

/** Logs that are kept of a cluster; their names sort by time. */
const KEPT = 50
const LOG = /^\d{4}-\d{2}-\d{2}T\d{6}\.\d{3}Z\.log$/

/** Takes away the oldest logs. What cannot be removed stays. */
const prune = async (folder: string): Promise<void> => {
  const logs = (await readdir(folder).catch(() => [])).filter((name) => LOG.test(name)).sort()
  // One place is for the log that begins.
  await Promise.allSettled(logs.slice(0, Math.max(0, logs.length - KEPT + 1)).map((name) => rm(join(folder, name))))
}

/**
 * The run's own log on this machine: everything the hosts printed, already escaped, without payloads. No run stops because it cannot be written:
 * closing it says so.
 */
export const openLog = async (io: Io, cluster: string) => {
  const path = join(
    io.env.XDG_STATE_HOME || join(io.home, '.local/state'),
    'slipway',
    cluster,
    `${new Date().toISOString().replaceAll(':', '')}.log`,
  )
  let fault: Error | undefined
  const failed = (error: Error): void => {
    fault ??= error
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(failed)
  await prune(dirname(path))
  const stream = createWriteStream(path, { mode: 0o600 }).on('error', failed)
  const write = (event: Event): void => {
    if (fault) return
    const line = (host: string, text: string) => stream.write(`${new Date().toISOString()} ${host} ${text}\n`)
    if (event.type === 'output') line(event.host, event.line)
    else if (event.type === 'note') line(event.host, `note: ${event.text}`)
    else if (event.type === 'change-begin') line(event.host, `begin ${event.change.id}`)
    else if (event.type === 'change-done') line(event.host, `done ${event.change.id} ${event.seconds.toFixed(2)} s`)
    else if (event.type === 'change-failed') line(event.host, `failed with ${event.failure.exit}`)
  }
  const close = async (): Promise<void> => {
    await finished(stream.end()).catch(failed)
    if (!fault) return
    io.err(
      io.language === 'zh'
        ? `${path} 不完整，无法写入：${fault.message}。运行未受影响。\n`
        : `${path} is incomplete, it could not be written: ${fault.message}. The run itself went on.\n`,
    )
  }
  return { path, write, close }
}
