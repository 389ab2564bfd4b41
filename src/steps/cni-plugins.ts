import { CNI_PLUGIN_NAMES } from '../releases/artifacts.ts'
import { installed } from './common.ts'
import type { Step } from './types.ts'

export const cniPlugins: Step = {
  id: 'cni-plugins',
  title: { en: 'CNI plugins', zh: 'CNI 插件' },
  on: 'node',
  resources: (context) => [
    { kind: 'directory', path: '/etc/cni/net.d', mode: '0755' },
    ...CNI_PLUGIN_NAMES.map(
      (name) => ({ kind: 'link', path: `/opt/cni/bin/${name}`, target: installed('cni-plugins', name, context) }) as const,
    ),
  ],
}
