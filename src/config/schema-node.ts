import * as z from 'zod';
import { KINDS } from '../schema/config-shapes.ts';

type Schema = z.core.$ZodType;

/** A schema and what stands within its defaults, options and transforms, outermost first. */
function layers(schema: Schema): readonly Schema[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return [schema, ...layers(schema.def.innerType)];
  if (schema instanceof z.ZodPipe) {
    const { in: from, out } = schema.def;
    return [schema, ...layers(from instanceof z.ZodTransform ? out : from)];
  }
  return [schema];
}

export interface SchemaNode {
  /** The fixed keys below, in the order of the schema; undefined where there are none. */
  readonly keys: Readonly<Record<string, Schema>> | undefined;
  /** The schema of what stands below a key that the user chooses, or of a list's items. */
  readonly each: Schema | undefined;
  readonly wants: string | undefined;
  readonly secret: boolean;
  readonly description: string | undefined;
  /** As written in the file; undefined where there is none. */
  readonly default: unknown;
}

/** The one reader of zod's own structure: what a schema says, whatever it is wrapped in. */
export function node(schema: Schema): SchemaNode {
  const all = layers(schema);
  const core = all.at(-1);
  const filled = all.find((layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault);
  const kind = all.map((layer) => KINDS.get(layer)).find((found) => found !== undefined);
  return {
    keys: core instanceof z.ZodObject ? core.shape : undefined,
    each:
      core instanceof z.ZodRecord
        ? core.def.valueType
        : core instanceof z.ZodArray
          ? core.def.element
          : undefined,
    wants: kind?.wants,
    secret: kind?.secret ?? false,
    description: all.map((layer) => z.globalRegistry.get(layer)?.description).find((found) => found),
    default: filled?.def.defaultValue,
  };
}

/** The nodes from the top to where the path leads, as far as the schema knows it. */
export function along(schema: Schema, path: readonly PropertyKey[]): readonly SchemaNode[] {
  const found = [node(schema)];
  for (const step of path) {
    const here = found.at(-1);
    const next = here?.keys && Object.hasOwn(here.keys, String(step)) ? here.keys[String(step)] : here?.each;
    if (!next) return found;
    found.push(node(next));
  }
  return found;
}
