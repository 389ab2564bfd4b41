import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { setPath } from './paths.ts'
import type { EtcdJoinResource, EtcdPromoteResource, EtcdSnapshotResource, Kind } from './types.ts'

/** `ctl` for these endpoints. */
const asked = (endpoints: readonly string[]): string => `ctl 30 ${endpoints.join(',')}`

const stampName = (path: string): string => `etcd-${path.slice(path.lastIndexOf('/') + 1).replace(/\.db$/, '')}`
/** The stamp by which the probe knows of the snapshot at PATH. */
export const etcdStampPath = (path: string): string => `/var/lib/slipway/stamps/${stampName(path)}`

/** A snapshot is as large as etcd's file, which may be gigabytes: it gets as long as that of a backup (engine/etcd-backup.sh). */
const SAVE_S = 900

/** etcd's own disk may be the one that the snapshot lands on; full, it would end etcd. Something must be left for what etcd writes meanwhile. */
const room = (folder: string): string =>
  [
    `size=$(stat -c %s /var/lib/etcd/member/snap/db)\nfree=$(df --output=avail -B 1 ${folder} | tail -n 1)\n`,
    `[ "$free" -gt $((size + 1073741824)) ] || fail "the snapshot of etcd needs $((size / 1048576)) MiB in "${folder}", and 1 GiB has to stay free; $((free / 1048576)) MiB are. Older snapshots lie there."\n`,
  ].join('')

/** Written under another name first: half a snapshot must never pass for one. */
const save = (path: string): string =>
  [
    `parent ${quote(path.slice(0, path.lastIndexOf('/')))}\nremember file ${quote(path)}\n`,
    `rm -f ${quote(`${path}.part`)}\n`,
    room(quote(path.slice(0, path.lastIndexOf('/')))),
    `(umask 077; ctl ${SAVE_S} '' snapshot save ${quote(`${path}.part`)})\nmv -f ${quote(`${path}.part`)} ${quote(path)}\n`,
  ].join('')

/**
 * Once taken it stays, unless wanted anew: a run that was stopped in the middle of an upgrade must not put the state of then in its place. The probe sees the
 * stamp; the snapshot itself may be gigabytes and is not read.
 */
export const etcdSnapshot: Kind<EtcdSnapshotResource> = {
  id: (want) => `etcd-snapshot ${want.path}`,
  touches: () => [],
  diff: (want, { facts }) =>
    !want.anew && facts.paths[etcdStampPath(want.path)] && !facts.damaged.includes(etcdStampPath(want.path))
      ? undefined
      : { verb: 'create', reason: { en: 'taken before the upgrade', zh: '升级前的备份' } },
  script: ({ path }) => `${save(path)}stamp ${quote(stampName(path))} snapshot ${quote(path)}\n`,
  after: (want, { facts }) => ({
    ...setPath(facts, etcdStampPath(want.path), { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256('symbol snapshot') }),
    damaged: facts.damaged.filter((path) => path !== etcdStampPath(want.path)),
  }),
}

/** Adds this host as a learner (unless it is listed already) and tells its etcd whom to find, from the list etcd itself gives. */
export const etcdJoin: Kind<EtcdJoinResource> = {
  id: (want) => `etcd-join ${want.name}`,
  touches: (want) => [want.bootstrap],
  diff: (_, { facts }) => (facts.etcdData ? undefined : { verb: 'create', reason: { en: 'it is no member yet', zh: '尚不是成员' } }),
  script: (want) =>
    [
      `listed() { ${asked(want.endpoints)} member list | grep -F ${quote(`, ${want.peer},`)}; }\n`,
      // etcd admits one learner at a time, and none while a member is not healthy: asked again until it is our turn.
      `added() { listed || ${asked(want.endpoints)} member add ${quote(want.name)} --learner --peer-urls=${quote(want.peer)}; }\n`,
      `await 180 ${quote(`etcd accepts ${want.name} as a learner`)} added\n`,
      // Asked by itself: of a pipeline only the last command counts, and a list that did not come would make an empty cluster.
      `members=$(${asked(want.endpoints)} member list)\n`,
      `cluster=$(printf '%s\\n' "$members" | awk -F ', ' -v self=${quote(want.peer)} -v name=${quote(want.name)} '{n = $4 == self ? name : $3; if (n != "") printf "%s%s=%s", (c++ ? "," : ""), n, $4}')\n`,
      `printf 'SLIPWAY_BOOTSTRAP=--initial-cluster=%s --initial-cluster-token=%s --initial-cluster-state=existing\n' "$cluster" ${quote(want.token)} >"$RUN/bootstrap"\n`,
      `put ${quote(want.bootstrap)} 0644 root:root <"$RUN/bootstrap"\n`,
    ].join(''),
  after: (want, { facts }) => ({
    ...setPath(facts, want.bootstrap, { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256('symbol bootstrap') }),
    etcdData: true,
    etcdMembers: [...facts.etcdMembers, { id: `symbol ${want.name}`, started: true, name: want.name, peer: want.peer, learner: true }],
  }),
}

export const etcdPromote: Kind<EtcdPromoteResource> = {
  id: (want) => `etcd-promote ${want.name}`,
  touches: () => [],
  diff: () => ({ verb: 'update', reason: { en: 'a learner does not vote', zh: 'learner（学习者）成员没有投票权' } }),
  script: (want) =>
    [
      `voting() {\n\t${asked(want.endpoints)} member list | grep -F ${quote(`, ${want.peer},`)} | grep -q ', false$' && return\n`,
      `\tid=$(${asked(want.endpoints)} member list | awk -F ', ' -v self=${quote(want.peer)} '$4 == self {print $1}')\n\t${asked(want.endpoints)} member promote "$id"\n\treturn 1\n}\n`,
      `await 180 ${quote(`${want.name} votes in etcd`)} voting\n`,
    ].join(''),
  after: (want, { facts }) => ({
    ...facts,
    etcdMembers: facts.etcdMembers.map((member) => (member.peer === want.peer ? { ...member, learner: false } : member)),
  }),
}
