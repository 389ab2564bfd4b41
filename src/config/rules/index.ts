import type { Problem } from '../../problem.ts'
import type { Config } from '../schema.ts'
import { mistake, type Path, pathText, type Source } from '../source.ts'
import { addresses, endpoint, internalAddresses, localBastion, sans, virtualAddress } from './addresses.ts'
import { lifetimes } from './certificates.ts'
import { componentVersions } from './components.ts'
import { duplicateAddress, duplicateInternal, duplicateName } from './duplicates.ts'
import { fields, flags } from './flags.ts'
import { hostnameSet } from './hostnames.ts'
import { labelSyntax, reservedLabels, taintSyntax } from './labels.ts'
import { mirrorUrls } from './mirrors.ts'
import { proxyUrls } from './proxy.ts'
import { nodeMask, nodesOverlap, ranges, rangesOverlap, serviceRoom } from './ranges.ts'
import { registryDefault, registryLogin, registryTwice, registryUrls } from './registries.ts'
import { controlPlane, etcdMembers, repeatedRole } from './roles.ts'
import { version } from './version.ts'
import type { Rule, RuleContext } from './types.ts'

/** Every rule, in the order of the file. A new rule is one value in the file of its subject and its name here. */
export const RULES: readonly Rule[] = [
  version,
  componentVersions,
  controlPlane,
  etcdMembers,
  repeatedRole,
  duplicateAddress,
  duplicateInternal,
  duplicateName,
  addresses,
  internalAddresses,
  endpoint,
  virtualAddress,
  sans,
  localBastion,
  hostnameSet,
  ranges,
  rangesOverlap,
  nodesOverlap,
  nodeMask,
  serviceRoom,
  labelSyntax,
  reservedLabels,
  taintSyntax,
  mirrorUrls,
  registryUrls,
  registryTwice,
  registryDefault,
  registryLogin,
  proxyUrls,
  flags,
  fields,
  lifetimes,
]

const touches = (pattern: readonly string[], path: Path): boolean =>
  path.slice(0, pattern.length).every((part, i) => pattern[i] === '*' || pattern[i] === String(part))

const misled = (rule: Rule, broken: readonly Path[]): boolean =>
  broken.some((path) => rule.reads?.some((pattern) => touches(pattern.split('.'), path)))

/** All rules over a configuration whose shape is right (or was repaired): Problems with positions. */
export const check = (config: Config, source: Source, context: RuleContext): Problem[] => {
  const wrong = new Set(context.broken.map(pathText))
  return RULES.filter((rule) => !misled(rule, context.broken)).flatMap((rule) =>
    rule
      .check(config, context)
      .filter(({ path }) => !wrong.has(pathText(path)))
      .map(({ path, on, what, fix, severity }) => ({
        ...mistake(source.at(path, on), what, fix),
        severity: severity ?? ('error' as const),
      })),
  )
}
