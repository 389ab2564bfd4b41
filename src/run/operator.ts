import { hostname } from 'node:os'
import type { Owner } from '../hosts/lock-holder.ts'
import { userName } from '../hosts/user-name.ts'
import type { Io } from './types.ts'

/** How a lock names this run to others. */
export const ownerOf = ({ command, env }: Pick<Io, 'command' | 'env'>): Owner => ({
  who: userName(env),
  from: hostname(),
  run: `${process.pid}`,
  command,
})
