import { yaml } from './yaml.ts'

/** Objects as one multi-document YAML text, always the same bytes for the same objects. */
export const manifest = (objects: readonly object[]): string => objects.map(yaml).join('---\n')
