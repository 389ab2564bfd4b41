import { aptFrom, archivesUnder, nothing } from './apt.ts'
import type { Mirror } from './types.ts'

/** University of Science and Technology of China: apt only, its registry proxies closed in 2024. Source: mirrors.md §2, mirrorhelp kubernetes.md, docker-ce.md. */
export const ustc: Mirror = {
  name: 'ustc',
  file: nothing,
  apt: aptFrom(archivesUnder('https://mirrors.ustc.edu.cn', 'kubernetes/core:/stable:')),
  image: nothing,
  endpoint: nothing,
}
