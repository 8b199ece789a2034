import * as z from 'zod';
import { KINDS, type Kind } from './kinds.ts';

type Schema = z.core.$ZodType;

export interface SchemaNode extends Partial<Kind> {
  /** The fixed keys below, in the order of the schema; undefined where there are none. */
  readonly keys: Readonly<Record<string, Schema>> | undefined;
  /** The schema of the values below keys that the user chooses, or of a list's items. */
  readonly each: Schema | undefined;
  readonly isList: boolean;
  /** The words that are allowed, if there is a list of them. */
  readonly words: readonly string[];
  readonly isText: boolean;
  readonly description: string | undefined;
  /** As written in the file; undefined where there is none. */
  readonly default: unknown;
}

/** The description in a schema, also in a wrapped one. No other file reads zod's own structure. */
export function schemaNode(schema: Schema): SchemaNode {
  const all = layers(schema);
  const core = all.at(-1);
  const filled = all.find((layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault);
  const keys = core instanceof z.ZodObject ? core.shape : undefined;
  return {
    ...(keys && { wants: 'a map' }),
    ...all.map((layer) => KINDS.get(layer)).find((found) => found !== undefined),
    keys,
    each: eachOf(core),
    isList: core instanceof z.ZodArray,
    words: core instanceof z.ZodEnum ? core.options.map(String) : [],
    isText: core instanceof z.ZodString,
    description: all.map((layer) => z.globalRegistry.get(layer)?.description).find((found) => found),
    default: filled?.def.defaultValue,
  };
}

/** The nodes from the top to where the path leads; the last ones are missing where the schema does not know them. */
export function nodesAlong(schema: Schema, path: readonly PropertyKey[]): readonly SchemaNode[] {
  const found = [schemaNode(schema)];
  for (const step of path) {
    const here = found.at(-1);
    const next = here?.keys && Object.hasOwn(here.keys, String(step)) ? here.keys[String(step)] : here?.each;
    if (!next) return found;
    found.push(schemaNode(next));
  }
  return found;
}

/** A schema and the schemas inside its defaults, options and transforms, outermost first. */
function layers(schema: Schema): readonly Schema[] {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  )
    return [schema, ...layers(schema.def.innerType)];
  if (schema instanceof z.ZodPipe) {
    const { in: from, out } = schema.def;
    return [schema, ...layers(from instanceof z.ZodTransform ? out : from)];
  }
  return [schema];
}

function eachOf(core: Schema | undefined): Schema | undefined {
  if (core instanceof z.ZodRecord) return core.def.valueType;
  return core instanceof z.ZodArray ? core.def.element : undefined;
}
