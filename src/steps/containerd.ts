import { pinnedImage } from '../releases/pinned.ts'
import { CERTS_D } from '../mirrors/private.ts'
import { containerdToml } from '../templates/containerd-toml.ts'
import { environment, unitText } from '../templates/unit.ts'
import { installed } from './common.ts'
import { containerdProxy } from './proxy.ts'
import { registryFiles } from './registries.ts'
import type { Step } from './types.ts'

const CONFIG = '/etc/containerd/config.toml'
const RUNC = '/usr/local/bin/runc'

export const containerd: Step = {
  id: 'containerd',
  title: { en: 'Container runtime', zh: '容器运行时' },
  on: 'node',
  leaves: [
    'path /var/lib/containerd',
    'path /run/containerd',
    'path /run/nri',
    'empty /opt/containerd',
    'empty /opt/containerd/bin',
    'empty /opt/containerd/lib',
    'path /var/lib/cni',
    'netns cni-',
    'empty /run/netns',
    'chains CNI',
    'empty /etc/cni',
    'empty /etc/cni/net.d',
    'empty /opt/cni',
    'empty /opt/cni/bin',
  ],
  resources: (context) => {
    const { facts, release, sources } = context
    const binary = (name: string) => installed('containerd', name, context)
    return [
      { kind: 'link', path: '/usr/local/bin/ctr', target: binary('ctr') },
      // containerd looks for its shim on PATH, and people look for runc there.
      { kind: 'link', path: '/usr/local/bin/containerd-shim-runc-v2', target: binary('containerd-shim-runc-v2') },
      { kind: 'link', path: RUNC, target: installed('runc', 'runc', context) },
      // Files below certs.d are read at every pull: they are no inputs of the unit.
      ...registryFiles(context),
      {
        kind: 'file',
        path: CONFIG,
        text: containerdToml({
          pause: pinnedImage(release.images.pause, context)?.stored ?? sources.image(release.images.pause),
          // The link, so that another runc restarts nothing.
          runc: RUNC,
          restrictOomScore: !facts.sysResource,
          certsD: CERTS_D,
        }),
      },
      {
        kind: 'unit',
        name: 'containerd',
        inputs: [CONFIG],
        within: 60,
        ready: 'ctr --connect-timeout 2s plugins ls | grep -E "io.containerd.grpc.v1 +cri .* ok"',
        text: unitText('containerd', {
          description: 'containerd container runtime',
          argv: [binary('containerd'), '--config', CONFIG],
          after: ['local-fs.target', 'dbus.service'],
          type: 'notify',
          // A restart must not take the pods along; their shims stay.
          settings: [
            'Delegate=yes',
            'KillMode=process',
            'TasksMax=infinity',
            'LimitCORE=infinity',
            'OOMScoreAdjust=-999',
            ...Object.entries(containerdProxy(context)).map(([name, value]) => environment(name, value)),
          ],
        }),
      },
    ]
  },
}
