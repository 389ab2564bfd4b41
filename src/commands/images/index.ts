import { imagesOf } from '../../addons/index.ts'
import { type Listed, listImages } from '../../releases/image-list.ts'
import { EXIT } from '../../problem.ts'
import { table } from '../../ui/table.ts'
import { checkImages } from './check.ts'
import { rewriteLive } from './live.ts'
import { rewriteFiles } from './rewrite.ts'
import { saveImages } from './save.ts'
import { syncImages } from './sync.ts'
import { type Intent, readIntent, refuse, sayProblems } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Command, Io, Options } from '../../run/types.ts'

/** The images of an intent, under both names, with their digests. */
export const listedImages = ({ cluster, config }: Intent): readonly Listed[] =>
  listImages({ images: imagesOf(config, cluster.release), pins: cluster.pins }, cluster.sources)

const list = async (options: Options, io: Io): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const images = listedImages(intent)
  if (options.output === 'json') {
    const rows = images.map((image) => ({
      ...image,
      digest: image.digest ?? null,
    }))
    io.out(`${JSON.stringify({ kubernetes: intent.cluster.release.kubernetes, images: rows })}\n`)
  } else
    io.out(
      table(
        ['FOR', 'UPSTREAM', 'FROM', 'DIGEST'],
        images.map(({ what, upstream, mirrored, digest }) => [what, upstream, mirrored, digest ?? '-']),
        io.outColumns,
      ),
    )
  sayProblems(intent.warnings, io)
  return EXIT.done
}

const rewrite = async (options: Options, io: Io): Promise<number> => {
  if (options.flags.live) return rewriteLive(options, io)
  if (options.files.length > 0) return rewriteFiles(options, io)
  tell(io, {
    en: 'slipway images rewrite needs -f: a file, a folder, a URL, or - for stdin; or --live.',
    zh: 'slipway images rewrite 需要 -f：文件、文件夹、URL，或用 - 表示标准输入；或 --live。',
  })
  return EXIT.config
}

const ours = (intent: Intent) => listedImages(intent).map(({ upstream, digest }) => ({ ref: upstream, pin: digest }))

const ACTIONS: Readonly<Record<string, (options: Options, io: Io) => Promise<number>>> = {
  list,
  check: (options, io) => checkImages(options, io, ours),
  rewrite,
  save: (options, io) => saveImages(options, io, ours),
  sync: (options, io) => syncImages(options, io, ours),
}

const PATH = { path: { type: 'string', multiple: true } } as const
const MANIFESTS = { manifest: { type: 'string', multiple: true }, ...PATH } as const
const COPIES = { arch: { type: 'string' }, ...MANIFESTS } as const

/** `slipway images ACTION`: what images are needed, and manifests that name them by their mirrors. */
export const images: Command = {
  name: 'images',
  most: 2,
  summary: {
    en: 'list: images this cluster.yml needs; check: whether the mirrors have them; save FILE: as one archive; sync [REGISTRY]: into a private registry; rewrite -f FILE|DIR|URL|-: name images by their mirrors',
    zh: 'list：所需镜像；check：镜像站是否提供；save 文件：存为一个归档；sync [仓库]：复制到私有仓库；rewrite -f 文件|文件夹|URL|-：将清单中的镜像改为镜像站名称',
  },
  usage: [
    'list',
    'check [--from-hosts] [--manifest FILE]... [--path KIND:FIELD]...',
    'save [FILE] [--arch amd64,arm64] [--manifest FILE]... [--path KIND:FIELD]...',
    'sync [REGISTRY] [--arch amd64,arm64] [--manifest FILE]... [--path KIND:FIELD]...',
    'rewrite -f FILE|DIR|URL|- [--in-place] [--cluster FILE] [--rule FROM=TO]... [--path KIND:FIELD]... [--pull-policy] [--exit-code]',
    'rewrite --live [-n|--namespace NAMESPACE] [--cluster FILE] [--rule FROM=TO]... [--pull-policy] [--exit-code]',
  ],
  words: {
    list: {},
    check: { flags: { 'from-hosts': { type: 'boolean' }, ...MANIFESTS } },
    save: { flags: COPIES },
    sync: { flags: COPIES },
    rewrite: {
      flags: {
        cluster: { type: 'string' },
        'in-place': { type: 'boolean' },
        live: { type: 'boolean' },
        namespace: { type: 'string', short: 'n' },
        'pull-policy': { type: 'boolean' },
        rule: { type: 'string', multiple: true },
        ...PATH,
      },
      shared: ['exit-code'],
    },
  },
  outputs: ['diff', 'yaml'],
  run: (options, io) => {
    const [word = ''] = options.rest
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined
    if (action) return action(options, io)
    const known = Object.keys(ACTIONS).join(', ')
    tell(io, {
      en: `slipway images takes one of: ${known}.`,
      zh: `slipway images 的子命令：${known}。`,
    })
    return Promise.resolve(EXIT.config)
  },
}
