import { describe, expect, test } from 'vitest'
import { aliyun } from '../../src/mirrors/aliyun.ts'
import { custom, type Layout } from '../../src/mirrors/custom.ts'
import { daocloud } from '../../src/mirrors/daocloud.ts'
import type { Mirror } from '../../src/mirrors/types.ts'
import shared from './vectors.json' with { type: 'json' }

type Setup = { provider: string; fallback?: string; base?: string; layout?: string }

const KNOWN: Record<string, Mirror> = { daocloud, aliyun }

const mirrorsOf = ({ provider, fallback, base, layout }: Setup): Mirror[] => [
  provider === 'custom' ? custom(`https://${base}`, layout as Layout) : KNOWN[provider]!,
  ...(fallback === undefined ? [] : [KNOWN[fallback]!]),
]

const first = (mirrors: Mirror[], ref: string) => mirrors.map((mirror) => mirror.image(ref)).find((answer) => answer !== undefined) ?? ref

describe.each(Object.entries(shared.configs as Record<string, Setup>))('%s', (name, setup) => {
  test.each(shared.vectors as { in: string; out: Record<string, string> }[])('$in', ({ in: given, out }) => {
    const mirrors = mirrorsOf(setup)
    expect(first(mirrors, given)).toBe(out[name])
    expect(first(mirrors, out[name]!)).toBe(out[name])
  })
})
