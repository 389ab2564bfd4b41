import { z } from 'zod'
import { same, type Text } from '../text.ts'
import type { Applied } from './schema/key.ts'
import { schema } from './schema.ts'
import { bare, defOf } from './walk.ts'
import { oneOf, say } from './words.ts'

/** One key of cluster.yml, as the reference shows it. */
export type Row = Readonly<{
  /** "nodes[].role" */
  path: string
  /** "a list of control-plane, etcd or worker" */
  type: Text
  /** Absent when there is none. */
  default?: unknown
  required: boolean
  description: string
  applied: Applied
  /** What `applied` means for this key. */
  meaning: Text
  example?: unknown
}>

/** What each way of applying a change means. */
export const MEANING: Readonly<Record<Applied, Text>> = {
  live: say('a change is applied and nothing restarts', '更改后不重启任何服务'),
  restart: say('a change restarts the units that read it, control planes one at a time', '重启读取它的服务，控制平面逐台进行'),
  drain: say(
    'a change moves the pods of the node away first, then restarts what reads it; one control plane at a time',
    '先迁走节点上的 Pod，再重启读取它的服务；控制平面逐台进行',
  ),
  install: say('read when a host is installed; a later change does nothing to it', '仅在安装主机时读取，之后更改无效'),
  immutable: say('cannot be changed on a running cluster', '在运行中的集群上不能更改'),
  operator: say('how your machine reaches the hosts; the cluster never sees it', '只影响您的机器如何连接主机，与集群无关'),
}

const ROTATED = say(
  `${MEANING.immutable.en} by up; use slipway certs rotate`,
  `${MEANING.immutable.zh}（up 不接受；请用 slipway certs rotate）`,
)

/** What is immutable of the certificates is the CAs, which have a command of their own. */
const meaningOf = (path: string, applied: Applied): Text =>
  applied === 'immutable' && path.startsWith('certificates.') ? ROTATED : MEANING[applied]

type Meta = { description?: string; applied?: Applied; example?: unknown }

/** Chinese has a space between its characters and Latin ones. */
const spaced = (zh: string): string => zh.replace(/(?<=\w)(?=\p{Script=Han})|(?<=\p{Script=Han})(?=\w)/gu, ' ')

const numberText = (min: number, max: number): Text =>
  Number.isSafeInteger(min) && Math.abs(min) < 2 ** 52
    ? say(`a whole number from ${min} to ${max}`, `${min} 到 ${max} 的整数`)
    : say('a whole number', '整数')

/** "a list of maps", "a list of text" */
const listText = (element: z.ZodType | undefined): Text => {
  if (!element) return say('a list of values', '列表')
  if (defOf(bare(element)).shape) return say('a list of maps', '映射的列表')
  const { en, zh } = typeText(element)
  return say(`a list of ${en}`, spaced(`${zh}的列表`))
}

const unionText = (options: readonly Text[]): Text =>
  say(oneOf(options.map(({ en }) => en)).en, spaced(oneOf(options.map(({ zh }) => zh)).zh.replaceAll(' 或 ', '或')))

const mapText = (value: z.ZodType | undefined): Text => {
  if (!value || defOf(bare(value)).type === 'lazy') return say('a map', '映射')
  const { en, zh } = typeText(value)
  return say(`a map of names to ${en}`, spaced(`映射，值为${zh}`))
}

const formatText = (type: z.ZodType): Text => {
  if (type instanceof z.ZodIPv4) return say('an IPv4 address', 'IPv4 地址')
  return type instanceof z.ZodURL ? say('a URL', 'URL') : say('text', '文本')
}

/** The type of a key in words. */
const typeText = (type: z.ZodType): Text => {
  const inner = bare(type)
  const def = defOf(inner)
  switch (def.type) {
    case 'string':
      return formatText(inner)
    case 'number': {
      const { minValue, maxValue } = inner as z.ZodNumber
      return numberText(minValue ?? Number.NaN, maxValue ?? Number.NaN)
    }
    case 'boolean':
      return say('true or false', 'true 或 false')
    case 'null':
      return same('null')
    case 'enum':
      return oneOf(Object.values(def.entries ?? {}))
    case 'array':
      return listText(def.element)
    case 'union':
      return unionText((def.options ?? []).map(typeText))
    default:
      return mapText(def.valueType)
  }
}

/** The innermost `default(...)` of a key; maps have none of their own. */
const defaultOf = (type: z.ZodType): { default?: unknown } => {
  const def = defOf(type)
  if (def.type === 'default') return { default: def.defaultValue }
  return def.innerType ? defaultOf(def.innerType) : {}
}

/** What the reference says of one key. */
export const rowOf = (type: z.ZodType, path: string): Row => {
  const { description = '', applied = 'live', example } = (type.meta() ?? {}) as Meta
  return {
    path,
    type: typeText(type),
    ...defaultOf(type),
    required: !type.safeParse(undefined).success,
    description,
    applied,
    meaning: meaningOf(path, applied),
    ...(example === undefined ? {} : { example }),
  }
}

/** Every key under a schema, parents before children, in the order of the file. */
export const rows = (type: z.ZodType = schema, prefix = ''): Row[] => {
  const def = defOf(bare(type))
  if (def.shape) {
    return Object.entries(def.shape).flatMap(([name, inner]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`
      return [rowOf(inner, path), ...rows(inner, path)]
    })
  }
  return def.element ? rows(def.element, `${prefix}[]`) : []
}

/** A key as it is asked for: indexes and spaces do not matter ("nodes[0].role" is "nodes[].role", and so is "nodes.role"). */
const asked = (key: string): string => key.trim().replace(/\[\d*\]/g, '')

/** The rows of a key and of everything under it; a bare name ("pod_cidr") finds the key wherever it stands. Empty for an unknown key. */
export const explain = (key: string): Row[] => {
  const all = rows()
  const wanted = asked(key)
  const under = all.filter(({ path }) => asked(path) === wanted || asked(path).startsWith(`${wanted}.`))
  return under.length > 0 ? under : all.filter(({ path }) => path.endsWith(`.${wanted}`))
}
