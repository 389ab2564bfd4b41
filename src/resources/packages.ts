import { quote } from '../shell/quote.ts'
import { same } from '../text.ts'
import type { Kind, PackagesResource } from './types.ts'

/** Packages whose service the distribution starts at the next boot. */
const WITH_SERVICE = new Set(['chrony', 'haproxy', 'keepalived'])

export const packages: Kind<PackagesResource> = {
  id: (want) => `packages ${want.names.join(' ')}`,
  touches: () => [],
  diff: (want, { facts }) => {
    const missing = want.names.filter((name) => facts.packages[name] === undefined)
    if (missing.length === 0) return undefined
    const names = same(missing.join(', '))
    return { verb: 'create', reason: { en: `not installed: ${names.en}`, zh: `未安装：${names.zh}` } }
  },
  script: (want) => `${want.pushed ? 'delivered_packages' : 'packages'} ${want.names.map(quote).join(' ')}\n`,
  after: (want, { facts }) => ({
    ...facts,
    packages: { ...Object.fromEntries(want.names.map((name) => [name, 'simulated'])), ...facts.packages },
    services: {
      ...Object.fromEntries(want.names.filter((name) => WITH_SERVICE.has(name)).map((name) => [name, { enabled: true, active: false }])),
      ...facts.services,
    },
  }),
}
