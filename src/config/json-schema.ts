import { z } from 'zod'
import { schema } from './schema.ts'

/** JSON Schema (draft 2020-12) of cluster.yml, for editors. */
export const jsonSchema = (): Record<string, unknown> => {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema: here }) => {
      const node = here as Record<string, unknown>
      if ('example' in node) node.examples = [node.example]
      delete node.example
    },
  }) as { properties: Record<string, Record<string, unknown>> }
  const { description, applied, examples, default: _, ...map } = made.properties.mirrors ?? {}
  made.properties.mirrors = { description, applied, examples, anyOf: [{ type: 'string', enum: ['none', 'cn'] }, map] }
  const { $schema, ...rest } = made as Record<string, unknown>
  return { $schema, title: 'Slipway cluster.yml', ...rest }
}
