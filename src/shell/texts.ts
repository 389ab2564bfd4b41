import { readFileSync } from 'node:fs'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

// The bundler replaces this module by the texts themselves (scripts/build.ts): what is published is one file.

/** What every text begins with. */
export const ENVIRONMENT: string = read('./environment.sh')

/** The functions every script of an apply begins with. */
export const PRELUDE: string =
  ENVIRONMENT +
  read('./prelude.sh') +
  read('./fetch.sh') +
  read('./apt.sh') +
  read('./image-sources.sh') +
  read('./images.sh') +
  read('./delivery.sh') +
  read('./drain.sh')

/** What a reset does on a host, after the prelude. */
export const RESET: string = read('./reset.sh')

/** The script that prints what a host is. */
export const PROBE: string = ENVIRONMENT + read('./probe.sh')

/** What takes a backup of the cluster on a control plane; steps/etcd-backup.ts puts its settings before it. */
export const ETCD_BACKUP: string = read('./etcd-backup.sh')

/** What writes every Secret again; steps/encrypted-secrets.ts puts its settings before it. */
export const REWRITE_SECRETS: string = read('./rewrite-secrets.sh')

/** What asks mirrors for speed and contents; commands/mirrors/probes.ts says which. */
export const MIRROR_PROBES: string = read('./mirror-probes.sh')

/** What asks a host's apt for packages; commands/lock/deb-script.ts says which. */
export const DEB_LISTS: string = read('./deb-lists.sh')

/** What asks mirrors for images on a host, after the prelude. */
export const IMAGE_CHECK: string = read('./image-check.sh')
