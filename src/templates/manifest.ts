import { stringify } from 'yaml'

/** Objects as one multi-document YAML text, always the same bytes for the same objects. */
export const manifest = (objects: readonly object[]): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n')
