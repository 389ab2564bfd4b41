import { nothing } from './apt.ts'
import type { Mirror } from './types.ts'

/** GitHub's own release files and nothing else: under cn the place after the mirrors, because it answers in China, if slowly. */
export const github: Mirror = {
  name: 'github',
  file: (path) => (path.startsWith('github.com/') ? `https://${path}` : undefined),
  apt: nothing,
  image: nothing,
  endpoint: nothing,
}
