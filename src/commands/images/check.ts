import { imageMirrorsOf } from '../../mirrors/sources.ts'
import { EXIT } from '../../problem.ts'
import { registryFor } from '../../run/outbound.ts'
import { exitOf, type Intent, readIntent, refuse, sayProblems } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'
import { table } from '../../ui/table.ts'
import { type Answers, askHere, type Row } from './ask.ts'
import { askFromHosts } from './ask-hosts.ts'
import { manifestImages, type Wanted } from './set.ts'

const WORDS = {
  en: { yes: 'yes', no: 'no', unreached: 'not reached' },
  zh: { yes: '是', no: '否', unreached: '未连通' },
} as const

const wordOf = ({ has, reached }: Row, { language }: Io): string => WORDS[language][has ? 'yes' : reached ? 'no' : 'unreached']

const show = (rows: readonly Row[], options: Options, io: Io): void => {
  if (options.output === 'json') {
    io.out(`${JSON.stringify({ images: rows })}\n`)
    return
  }
  const head = io.language === 'zh' ? ['镜像', '镜像站', '有', '原因'] : ['IMAGE', 'PROVIDER', 'HAS IT', 'WHY NOT']
  io.out(
    table(
      head,
      rows.map((row) => [row.image, row.provider, wordOf(row, io), row.why]),
    ),
  )
}

/** The images that no mirror has: of those that all mirrors answered for it is known, of the others it is not. */
const judge = (wanted: readonly Wanted[], rows: readonly Row[], fromHosts: boolean, io: Io): number => {
  const lacking = wanted.map(({ ref }) => rows.filter(({ image }) => image === ref)).filter((own) => !own.some(({ has }) => has))
  const unknown = lacking.filter((own) => own.some(({ reached }) => !reached))
  const nowhere = lacking.filter((own) => own.every(({ reached }) => reached))
  for (const [first] of nowhere)
    if (first) tell(io, { en: `No configured mirror has ${first.image}.`, zh: `已配置的镜像站均没有 ${first.image}。` })
  if (unknown.length > 0) {
    const mirrors = [...new Set(unknown.flat().flatMap(({ provider, reached }) => (reached ? [] : [provider])))].join(', ')
    tell(io, {
      en: `Of ${unknown.length} images it is not known: ${mirrors} could not be reached from ${fromHosts ? 'the host' : 'this machine'}.`,
      zh: `${unknown.length} 个镜像的情况未知：无法从${fromHosts ? '主机' : '本机'}连接 ${mirrors}。`,
    })
    if (!fromHosts)
      tell(io, { en: 'To ask from a host: slipway images check --from-hosts', zh: '从主机查询：slipway images check --from-hosts' })
  }
  return nowhere.length > 0 ? EXIT.unfit : unknown.length > 0 ? EXIT.unreachable : EXIT.done
}

const answersFrom = async (intent: Intent, wanted: readonly Wanted[], options: Options, io: Io): Promise<Answers> => {
  if (options.flags['from-hosts'] === true) return askFromHosts(intent, wanted, io)
  const registry = await registryFor(intent, io)
  return 'problems' in registry ? registry : { rows: await askHere(intent, imageMirrorsOf(intent.config), wanted, registry) }
}

/** `slipway images check`: does each configured mirror really have each image? One HEAD each. */
export const checkImages = async (options: Options, io: Io, imagesOf: (intent: Intent) => readonly Wanted[]): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const wanted = options.flags.manifest === undefined ? imagesOf(intent) : await manifestImages(intent, options, io)
  if ('problems' in wanted) {
    sayProblems(wanted.problems, io)
    return exitOf(wanted.problems)
  }
  const answers = await answersFrom(intent, wanted, options, io)
  if ('problems' in answers) return refuse(answers.problems, io, options)
  const rows = wanted.flatMap(({ ref }) => answers.rows.filter(({ image }) => image === ref))
  show(rows, options, io)
  return judge(wanted, rows, options.flags['from-hosts'] === true, io)
}
