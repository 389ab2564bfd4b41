import { aptFrom, archivesUnder, nothing } from './apt.ts'
import type { Mirror } from './types.ts'

/** Alibaba Cloud's mirror as ECS hosts reach it inside their network: http only. Source: mirrors.md §2, §2c. */
export const aliyunVpc: Mirror = {
  name: 'aliyun-vpc',
  file: nothing,
  apt: aptFrom(archivesUnder('http://mirrors.cloud.aliyuncs.com', 'kubernetes-new/core/stable')),
  image: nothing,
  endpoint: nothing,
}
