// Runs that are cut off at a point of a first install, and what the next run makes of it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { ADDRESS, type Event, eventOf, fresh, HOSTS, type HostName, onAll, Operator, scripts, scriptsEnd } from './lab.ts'
import { difference, portrait, SAME } from './snapshot.ts'

/** A place in a run: when a change of this id begins, on this host or, where it does not matter, on any. */
export type Point = Readonly<{ host?: HostName; id: string }>

export const at =
  ({ host, id }: Point) =>
  (line: string): boolean => {
    const event: Event = eventOf(line)
    return event.type === 'change-begin' && (host === undefined || event.host === ADDRESS[host]) && event.change?.want.id === id
  }

/** How hosts look after an install that nobody disturbed: kept by the install's own test, else made here. */
const undisturbed = async (): Promise<Record<HostName, string[]>> => {
  const path = join(inject('dir'), 'portraits.json')
  if (!existsSync(path)) {
    await fresh(...HOSTS)
    const { exit, stderr } = await new Operator().up()
    expect(exit, stderr).toBe(0)
    writeFileSync(path, JSON.stringify(await onAll(portrait)))
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Record<HostName, string[]>
}

/** Kills a first install there, runs up again at once, and compares every host with one that was installed without a hitch. */
export const survives = async (point: Point): Promise<void> => {
  const expected = await undisturbed()
  await fresh(...HOSTS)
  const operator = new Operator()
  const first = operator.start('up', '--yes', '-o', 'json')
  await first.line(at(point))
  first.kill('SIGKILL')
  expect((await first.ended).signal).toBe('SIGKILL')
  const orphans = await onAll(scripts)
  const next = operator.start('up', '--yes', '-o', 'json')
  // When the next run begins to change a host, nothing of the killed one is alive there. (But the second that its watchdog may have been sleeping:
  // a sleep changes nothing, and whoever would go on after it is a process of its own.)
  const checked: string[] = []
  const checks: Promise<void>[] = []
  for (const host of HOSTS) {
    const begins = next.line((line) => {
      const event = eventOf(line)
      return event.type === 'change-begin' && event.host === ADDRESS[host]
    })
    const check = async (): Promise<void> => {
      const alive = await scripts(host)
      const old = new Set(orphans[host].filter((process) => !/^\d+ sleep /.test(process)))
      checked.push(...alive.filter((process) => old.has(process)).map((process) => `${host}: ${process}`))
    }
    checks.push(begins.then(check, () => {}))
  }
  const { exit, stdout, stderr } = await next.ended
  expect(exit, `${stderr}\n${stdout}`).toBe(0)
  await Promise.all(checks)
  expect(checked).toEqual([])
  await onAll(scriptsEnd)
  const seen = await onAll(portrait)
  for (const host of HOSTS) expect(difference(expected[host], seen[host]), host).toEqual(SAME)
  await operator.nothingToDo()
}
