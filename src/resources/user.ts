import { quote } from '../shell/quote.ts'
import type { Kind, UserResource } from './types.ts'

export const user: Kind<UserResource> = {
  id: (want) => `user ${want.name}`,
  touches: () => [],
  diff: (want, { facts }) =>
    facts.users.includes(want.name) ? undefined : { verb: 'create', reason: { en: 'it is missing', zh: '不存在' } },
  script: (want) =>
    `id ${quote(want.name)} >/dev/null 2>&1 || {\n\tremember user ${quote(want.name)}\n\tuseradd --system --user-group --home-dir ${quote(want.home)} --no-create-home --shell /usr/sbin/nologin ${quote(want.name)}\n}\n`,
  after: (want, { facts }) => ({ ...facts, users: [...new Set([...facts.users, want.name])] }),
}
