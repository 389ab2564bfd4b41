import { FIELD_IS_OURS, REFUSED_FIELDS } from '../fields.ts'
import { type Component, REFUSED, refusal } from '../flags.ts'
import { parseVersion, resolveVersion } from '../version.ts'
import type { Finding, Rule } from './types.ts'

const components = Object.keys(REFUSED) as Component[]

export const flags: Rule = {
  id: 'flags',
  check: (config, { supported }) => {
    const minor = parseVersion(resolveVersion(config.kubernetes_version, supported) ?? supported.toSorted().at(-1) ?? '')?.[1] ?? 0
    return components.flatMap((component) =>
      Object.entries(config.services[component].extra_args).flatMap(([flag, value]): Finding[] => {
        const why = refusal(component, flag, value, minor)
        return why ? [{ path: ['services', component, 'extra_args', flag], on: 'key', what: why.what, fix: why.fix }] : []
      }),
    )
  },
}

export const fields: Rule = {
  id: 'fields',
  check: (config) =>
    (['kubelet', 'kube-proxy'] as const).flatMap((component) =>
      Object.keys(config.services[component].config).flatMap((field): Finding[] => {
        const known = REFUSED_FIELDS[component]
        const path = ['services', component, 'config', field]
        const fix = Object.hasOwn(known, field) ? known[field] : undefined
        return fix ? [{ path, on: 'key', what: FIELD_IS_OURS, fix }] : []
      }),
    ),
}
