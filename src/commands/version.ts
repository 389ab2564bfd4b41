import { SUPPORTED } from '../releases/index.ts'
import { VERSION } from '../version.ts'
import type { Command } from '../run/types.ts'

/** `slipway version`. */
export const version: Command = {
  name: 'version',
  summary: { en: 'Show the version and the Kubernetes releases it installs', zh: '显示版本及可安装的 Kubernetes 版本' },
  run: async (options, io) => {
    if (options.output === 'json') io.out(`${JSON.stringify({ slipway: VERSION, kubernetes: SUPPORTED, node: process.version })}\n`)
    else io.out(`slipway ${VERSION} (Kubernetes ${SUPPORTED.join(', ')}; Node ${process.version})\n`)
    return 0
  },
}
