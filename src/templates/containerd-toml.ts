export type ContainerdOptions = Readonly<{
  pause: string
  /** Where runc lies. */
  runc: string
  /** Without CAP_SYS_RESOURCE no OOM score can be lowered, and runc would fail to create any pod. */
  restrictOomScore: boolean
  certsD: string
}>

const quoted = (text: string): string => JSON.stringify(text)

/**
 * containerd's configuration for 2.2 and newer, as version 3, which 2.3 migrates when it loads it (containerd docs/config.md).
 * `config_path` names exactly one directory: a list joined by colons makes containerd ignore every mirror (containerd/containerd#12636).
 */
export const containerdToml = ({ pause, runc, restrictOomScore, certsD }: ContainerdOptions): string =>
  [
    'version = 3',
    'disabled_plugins = []',
    '',
    "[plugins.'io.containerd.cri.v1.images'.pinned_images]",
    `  sandbox = ${quoted(pause)}`,
    '',
    "[plugins.'io.containerd.cri.v1.images'.registry]",
    `  config_path = ${quoted(certsD)}`,
    '',
    "[plugins.'io.containerd.cri.v1.runtime']",
    `  restrict_oom_score_adj = ${restrictOomScore}`,
    '',
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]",
    "  runtime_type = 'io.containerd.runc.v2'",
    '',
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]",
    `  BinaryName = ${quoted(runc)}`,
    '  SystemdCgroup = true',
    '',
  ].join('\n')
