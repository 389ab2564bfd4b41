/** What a systemd service is made of. `argv` is one flag a line in the file, so that a diff shows the flag that changed. */
export type Service = Readonly<{
  description: string
  argv: readonly string[]
  after?: readonly string[]
  wants?: readonly string[]
  /** `notify` only for programs that send READY=1 (etcd, kube-apiserver, containerd); the others are `exec`. */
  type: 'notify' | 'exec'
  user?: string
  /** An argument that comes from an environment file, for what must not cause a restart when it changes. */
  late?: Readonly<{ file: string; variable: string }>
  settings?: readonly string[]
}>

/** Quotes an argument for ExecStart (systemd.service(5), command lines): % and $ are systemd's own. */
const argument = (text: string): string => {
  const doubled = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(doubled)
    ? doubled
    : `"${doubled.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** A variable of a service's environment: a line for `settings` (systemd.exec(5), Environment=; "%" is systemd's own). */
export const environment = (name: string, value: string): string =>
  `Environment="${name}=${value.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/**
 * The text of a unit file, always the same bytes for the same service. It never gives up restarting, and its environment carries the digest
 * of its inputs (`SLIPWAY_INPUTS`), by which a later run sees what the running process was started with.
 */
export const unitText = (name: string, service: Service): string => {
  const after = ['network-online.target', ...(service.after ?? [])]
  const wants = ['network-online.target', ...(service.wants ?? [])]
  const words = [...service.argv.map(argument), ...(service.late ? [`$${service.late.variable}`] : [])]
  return [
    '[Unit]',
    `Description=${service.description}`,
    `After=${after.join(' ')}`,
    `Wants=${wants.join(' ')}`,
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `Type=${service.type}`,
    ...(service.user ? [`User=${service.user}`] : []),
    `EnvironmentFile=-/etc/slipway/units/${name}.env`,
    ...(service.late ? [`EnvironmentFile=-${service.late.file}`] : []),
    `ExecStart=${words.join(' \\\n  ')}`,
    'Restart=always',
    'RestartSec=2',
    'TimeoutStartSec=300',
    'LimitNOFILE=1048576',
    ...(service.settings ?? []),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
