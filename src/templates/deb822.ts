/** One paragraph of a deb822 .sources file, by the fields apt reads (sources.list(5)). A flat repository has suites ["/"] and no components. */
export type Stanza = Readonly<{
  types?: readonly string[]
  uris: readonly string[]
  suites: readonly string[]
  components: readonly string[]
  signedBy: string
  /** Only these architectures; without it apt takes the host's own. */
  architectures?: readonly string[]
}>

const isFlat = ({ suites }: Stanza) => suites.some((suite) => suite.endsWith('/'))

/** Values come from our own tables and from cluster.yml: a line break in one would start another field. */
const field = (name: string, values: readonly string[]): string => {
  if (values.length === 0 || values.some((value) => !/^\S+$/.test(value)))
    throw new Error(`deb822: ${name}: ${JSON.stringify(values)} cannot be written as a field`)
  return `${name}: ${values.join(' ')}`
}

const paragraph = (stanza: Stanza): string => {
  // apt refuses Components beside a suite that ends in a slash ("absolute Suite Component").
  if (isFlat(stanza) !== (stanza.components.length === 0))
    throw new Error('deb822: a flat repository has no components, every other one has')
  const lines = [
    field('Types', stanza.types ?? ['deb']),
    field('URIs', stanza.uris),
    field('Suites', stanza.suites),
    ...(isFlat(stanza) ? [] : [field('Components', stanza.components)]),
    ...(stanza.architectures ? [field('Architectures', stanza.architectures)] : []),
    field('Signed-By', [stanza.signedBy]),
  ]
  return `${lines.join('\n')}\n`
}

/** The text of a .sources file: one paragraph per stanza, in the given order, always the same bytes for the same stanzas. */
export const deb822 = (stanzas: readonly Stanza[]): string => stanzas.map(paragraph).join('\n')
