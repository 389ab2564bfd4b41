import { file } from './file.ts'
import type { FileResource, Kind, ModulesResource } from './types.ts'

const fileOf = (want: ModulesResource): FileResource => ({
  kind: 'file',
  path: want.path,
  text: want.names.map((name) => `${name}\n`).join(''),
})

export const modules: Kind<ModulesResource> = {
  id: (want) => `modules ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, seen) => {
    const changed = file.diff(fileOf(want), seen)
    if (changed) return changed
    const missing = want.names.filter((name) => !seen.facts.modules.includes(name))
    if (missing.length === 0) return undefined
    return { verb: 'update', reason: { en: `not loaded: ${missing.join(', ')}`, zh: `未加载：${missing.join('、')}` } }
  },
  script: (want, difference) => `keep_modules\n${file.script(fileOf(want), difference, {})}load ${want.names.join(' ')}\n`,
  after: (want, seen) => ({ ...file.after(fileOf(want), seen), modules: [...new Set([...seen.facts.modules, ...want.names])].sort() }),
}
