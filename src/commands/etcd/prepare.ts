import { CHECKED } from '../../cluster/checked.ts'
import { onHost } from '../../shell/script.ts'
import { quote } from '../../shell/quote.ts'
import { heredoc } from '../../shell/heredoc.ts'
import { RESTORING } from '../../resources/etcd-restore.ts'
import { PASSING_PATHS } from '../../resources/secrets.ts'
import type { Member } from '../../cluster/types.ts'
import { type Restoring, restoringText } from '../../steps/restoring.ts'

const CONTROL_PLANE = ['kube-scheduler', 'kube-controller-manager', 'kube-apiserver']

/** Disabled as well as stopped: a host that boots in the middle must not found an empty etcd, nor start one with the old data. */
const stopUnits = (names: readonly string[]): string =>
  names.map((name) => `if [ -f /etc/systemd/system/${name}.service ]; then systemctl disable --now --quiet ${name}.service; fi\n`).join('')

/**
 * Moves the data of a member out of the way, once: a second go finds the remains of the first in its place, which are worth nothing. The move
 * stays within /var/lib/etcd, which is often a file system of its own.
 */
export const setAside = (name: string): string =>
  [
    `old=/var/lib/etcd/before-${name}\n`,
    'if [ -d "$old.part/member" ]; then mv -T "$old.part" "$old"; fi\n',
    'if [ -d /var/lib/etcd/member ]; then\nif [ -d "$old" ]; then\nrm -rf /var/lib/etcd/member\nelse\n',
    'rm -rf "$old.part"\nmkdir -m 0700 "$old.part"\nmv /var/lib/etcd/member "$old.part/"\nmv -T "$old.part" "$old"\nfi\nfi\n',
  ].join('')

/** "20261126T211913Z" */
export const compact = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')

const modeOf = (path: string): string => (/\.(crt|pub)$/.test(path) ? '0644' : '0600')

/** Keys before their certificates: a public part without its key would pass for a whole secret. */
const putSecrets = (secrets: Readonly<Record<string, string>>): string =>
  [
    ...Object.entries(secrets)
      .toSorted(([a], [b]) => modeOf(a).localeCompare(modeOf(b)))
      .map(([path, text]) => heredoc(`put ${quote(path)} ${modeOf(path)} root:root`, text)),
    // An exchange of later than the backup is none any more.
    `rm -f ${PASSING_PATHS.filter((path) => !(path in secrets))
      .map(quote)
      .join(' ')}\n`,
  ].join('')

const mark = (restoring: Restoring): string => heredoc(`put ${RESTORING} 0600 root:root`, restoringText(restoring))

/** Makes one host ready for a restore: what writes to etcd stops, its data go aside, the keys of the backup take their places. */
export const prepareScript = (roles: Member['roles'], restoring: Restoring, secrets: Readonly<Record<string, string>>): string =>
  onHost(
    [
      mark(restoring),
      roles.controlPlane ? stopUnits(CONTROL_PLANE) : '',
      roles.etcd ? stopUnits(['etcd']) + setAside(compact(restoring.began)) : '',
      roles.controlPlane ? putSecrets(secrets) : '',
      // The cluster has to prove itself again.
      `rm -f ${CHECKED}\n`,
    ].join(''),
  )

/** Says on a host that all are prepared. From here on any `up` goes on with the restore. */
export const readyScript = (restoring: Restoring): string => onHost(mark(restoring))
