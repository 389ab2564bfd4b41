import { escapeRemote } from '../../hosts/lines.ts'
import { capture } from '../../hosts/transport.ts'
import { imageMirrorsOf } from '../../mirrors/sources.ts'
import type { Head } from '../../net/registry-client.ts'
import { type Intent, openSession } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io } from '../../run/types.ts'
import { quote } from '../../shell/quote.ts'
import { onHost } from '../../shell/script.ts'
import { IMAGE_CHECK } from '../../shell/texts.ts'
import { type Answers, notCarried, type Question, questionOf, rowOf } from './ask.ts'
import type { Wanted } from './set.ts'

const lineOf = ({ at, mirror }: Question, index: number): string =>
  at === undefined ? '' : `say_image ${index} ${quote(mirror.name)} ${quote(`${at.base}/${at.path}`)} ${quote(at.reference)}\n`

/** Asks in a folder of its own: nothing of the host is changed, and what it finds to be down is no matter of an apply. */
export const questionsScript = (questions: readonly Question[]): string =>
  onHost(`STATE=$(mktemp -d)\nRUN=$STATE\ntrap 'rm -rf "$STATE"' EXIT\n${questions.map(lineOf).join('')}`, {
    functions: IMAGE_CHECK,
    enters: false,
  })

/** "image INDEX STATUS DIGEST-OR-REASON" */
export const parseHeads = (output: string): ReadonlyMap<number, Head> =>
  new Map(
    output.split('\n').flatMap((line): [number, Head][] => {
      const [, index, status, said = ''] = /^image (\d+) (\d+) ?(.*)$/.exec(line) ?? []
      if (index === undefined) return []
      const found = /^sha256:[0-9a-f]{64}$/.test(said) ? { digest: said } : {}
      return [[Number(index), status === '200' ? { status: 200, ...found } : { status: Number(status), error: escapeRemote(said) }]]
    }),
  )

/** Asks from the network of the hosts: from the first that answers. */
export const askFromHosts = async (intent: Intent, images: readonly Wanted[], io: Io): Promise<Answers> => {
  const session = await openSession(intent, io)
  await using _ = session.fleet
  const [key] = Object.keys(session.world)
  const transport = key === undefined ? undefined : session.fleet.transports.get(key)
  if (transport === undefined) return { problems: session.problems }
  tell(io, { en: `Asked from ${transport.label}.`, zh: `从 ${transport.label} 查询。` })
  const questions = imageMirrorsOf(intent.config).flatMap((mirror) => images.map((image) => questionOf(mirror, image, intent)))
  const { stdout, stderr, exit } = await capture(transport, questionsScript(questions), { signal: io.signal })
  const heads = parseHeads(stdout)
  const silent: Head = { status: 0, error: escapeRemote(stderr.trim().split('\n').at(-1) || `the host ended with ${exit}`) }
  return {
    rows: questions.map((question, index) =>
      question.at === undefined ? notCarried(question) : rowOf(question, heads.get(index) ?? silent),
    ),
  }
}
