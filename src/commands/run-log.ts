import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Event } from '../engine/events.ts'
import type { Io } from './types.ts'

/** The run's own log on this machine: everything the hosts printed, already escaped, without payloads. */
export const openLog = async (io: Io, cluster: string) => {
  const path = join(
    io.env.XDG_STATE_HOME ?? join(io.home, '.local/state'),
    'slipway',
    cluster,
    `${new Date().toISOString().replaceAll(':', '')}.log`,
  )
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const stream = createWriteStream(path, { mode: 0o600 })
  const write = (event: Event): void => {
    const line = (host: string, text: string) => stream.write(`${new Date().toISOString()} ${host} ${text}\n`)
    if (event.type === 'output') line(event.host, event.line)
    else if (event.type === 'note') line(event.host, `note: ${event.text}`)
    else if (event.type === 'change-begin') line(event.host, `begin ${event.change.id}`)
    else if (event.type === 'change-done') line(event.host, `done ${event.change.id} ${event.seconds.toFixed(2)} s`)
    else if (event.type === 'change-failed') line(event.host, `failed with ${event.failure.exit}`)
  }
  return { path, write, close: () => new Promise<void>((resolve) => stream.end(() => resolve())) }
}
