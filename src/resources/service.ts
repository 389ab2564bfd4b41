import { quote } from '../shell/quote.ts'
import type { Kind, ServiceResource } from './types.ts'

export const service: Kind<ServiceResource> = {
  id: (want) => `service ${want.name}`,
  touches: () => [],
  diff: (want, { facts }) => {
    const seen = facts.services[want.name]
    if (want.state === 'on')
      return seen?.enabled && seen.active ? undefined : { verb: 'start', reason: { en: 'it does not run', zh: '未运行' } }
    // Before its package is there nothing can be seen of it: the package's own change comes first, and this is asked for with it.
    if (seen === undefined && facts.packages[want.name] !== undefined) return undefined
    return seen === undefined || seen.enabled || seen.active
      ? { verb: 'remove', reason: { en: 'ours runs in its place', zh: '由 Slipway 的服务取代' } }
      : undefined
  },
  script: (want) =>
    `keep_service ${quote(want.name)}\nsystemctl ${want.state === 'on' ? 'enable' : 'disable'} --now --quiet ${quote(want.name)}.service\n`,
  after: (want, { facts }) => ({
    ...facts,
    timeSync: want.name === 'chrony' && want.state === 'on' ? 'chrony.service' : facts.timeSync,
    services: { ...facts.services, [want.name]: { enabled: want.state === 'on', active: want.state === 'on' } },
  }),
}
