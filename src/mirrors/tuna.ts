import { aptFrom, archivesUnder, nothing } from './apt.ts'
import type { Mirror } from './types.ts'

/** Tsinghua University: apt only, it runs no registry. Source: mirrors.md §2, mirrorz-docs kubernetes.zh.md, docker-ce, debian. */
export const tuna: Mirror = {
  name: 'tuna',
  file: nothing,
  apt: aptFrom(archivesUnder('https://mirrors.tuna.tsinghua.edu.cn', 'kubernetes/core:/stable:')),
  image: nothing,
  endpoint: nothing,
}
