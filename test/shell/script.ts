import { OWN } from '../../src/shell/script.ts'

/** What a script says beyond the library of src/shell. */
export const ownPart = (script: string): string => script.slice(script.indexOf(OWN) + OWN.length)
