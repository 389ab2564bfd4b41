import { onHost } from '../../shell/script.ts'
import { API_READY } from '../../steps/common.ts'
import { compact, setAside } from './prepare.ts'

/** A member that is given up must not come back with its old data: two of them could form a quorum of their own. */
export const giveUp = (now: number): string =>
  onHost(
    [
      // Where it does not stop, its data are not moved away from under it: it would go on voting.
      'if [ -f /etc/systemd/system/etcd.service ]; then systemctl disable --now --quiet etcd.service; fi\n',
      setAside(`recover-${compact(now)}`),
      'for unit in kube-scheduler kube-controller-manager kube-apiserver; do\nif [ -f "/etc/systemd/system/$unit.service" ]; then systemctl disable --now --quiet "$unit.service"; fi\ndone\n',
    ].join(''),
  )

/**
 * Keeps a copy of the survivor's data under a name without a time until etcd has recovered them: a second go finds them half recovered, and the copy
 * of the first is the one that counts. One of more than a day ago is of an attempt that nobody took up again, and etcd may have gone on since.
 */
const keepCopy = [
  'copy=/var/lib/etcd/before-recover\n',
  // The time in a variable of its own: a `date` that is ended ends the script, and leaves no half a name.
  'keep_for_good() {\nstamp=$(date -u -r "$copy" +%Y%m%dT%H%M%SZ)\nmv -T "$copy" "$copy-$stamp"\n}\n',
  'if [ -d "$copy" ] && [ -z "$(find "$copy" -maxdepth 0 -mtime -1)" ]; then keep_for_good; fi\n',
  'if [ ! -d "$copy" ]; then\nrm -rf "$copy.part"\nmkdir -m 0700 "$copy.part"\ncp -a /var/lib/etcd/member "$copy.part/"\nmv -T "$copy.part" "$copy"\nfi\n',
].join('')

/**
 * Starts the survivor once with --force-new-cluster, then as always. The flag comes by a drop-in under /run, the last environment file winning
 * (systemd.exec(5)), so that it is gone with this script or the next boot: given twice it would throw away members that joined in the meantime.
 */
export const survive = (): string =>
  onHost(
    [
      'dropin=/run/systemd/system/etcd.service.d\n',
      'undo() {\nrm -rf "$dropin" "$RUN/recover.env"\nsystemctl daemon-reload\n}\n',
      'trap \'code=$?; undo; leave "$code"\' EXIT\n',
      'answers() { loopback 2 -o /dev/null http://127.0.0.1:2381/readyz; }\n',
      'systemctl stop etcd.service\n',
      keepCopy,
      'mkdir -p "$dropin"\n',
      'printf \'SLIPWAY_BOOTSTRAP=--force-new-cluster\\n\' >"$RUN/recover.env"\n',
      'printf \'[Service]\\nEnvironmentFile=%s/recover.env\\n\' "$RUN" >"$dropin/slipway-recover.conf"\n',
      'systemctl daemon-reload\nsystemctl reset-failed etcd.service 2>/dev/null || true\nsystemctl restart --no-block etcd.service\n',
      'await_unit etcd 120 answers\n',
      'undo\nkeep_for_good\n',
      'systemctl restart --no-block etcd.service\nawait_unit etcd 120 answers\nsystemctl enable --quiet etcd.service\n',
    ].join(''),
  )

/** They watch through the API servers, and so restart after them. */
export const CONTROLLERS: readonly string[] = ['kube-controller-manager', 'kube-scheduler']

const restartUnit = (name: string): string =>
  [
    `if [ -f /etc/systemd/system/${name}.service ]; then\n`,
    `systemctl enable --quiet ${name}.service\nsystemctl reset-failed ${name}.service 2>/dev/null || true\nsystemctl restart --no-block ${name}.service\n`,
    name === 'kube-apiserver' ? 'await_unit kube-apiserver 180 api_answers\n' : '',
    'fi\n',
  ].join('')

/** On a control plane that goes on. What its parts remember of the lost members' last words may never have been written to the survivor. */
export const restart = (units: readonly string[]): string => onHost(`api_answers() { ${API_READY}; }\n${units.map(restartUnit).join('')}`)
