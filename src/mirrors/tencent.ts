import { aptFrom, archivesUnder, nothing } from './apt.ts'
import type { Mirror } from './types.ts'

/** Tencent Cloud: apt only. Source: mirrors.md §2; the layout of its Kubernetes tree rests on one public use. */
export const tencent: Mirror = {
  name: 'tencent',
  file: nothing,
  apt: aptFrom(archivesUnder('https://mirrors.cloud.tencent.com', 'kubernetes_new/core:/stable:')),
  image: nothing,
  endpoint: nothing,
}
