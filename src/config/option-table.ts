import type * as z from 'zod';
import { schemaNode } from '../schema/schema-node.ts';
import { schema } from './schema.ts';

export interface Option {
  /** `receivers.otlp.protocols.grpc.endpoint`; `<name>` stands for a key that the user chooses, `[]` for an item of a list. */
  readonly key: string;
  readonly type: string;
  /** As it would be written in the file; empty where there is none. */
  readonly default: string;
  readonly description: string;
}

/** Every option of the configuration file, in the order of the schema: docs/configuration.md is checked against it. */
export function optionTable(): readonly Option[] {
  return options(schema, []);
}

function options(at: z.core.$ZodType, path: readonly string[]): readonly Option[] {
  const here = schemaNode(at);
  if (here.keys) return Object.entries(here.keys).flatMap(([key, below]) => options(below, [...path, key]));
  const own = {
    key: path.join('.'),
    type: here.wants ?? '',
    default: here.default === undefined ? '' : written(here.default),
    description: here.description ?? '',
  };
  if (!here.each || !schemaNode(here.each).keys) return [own];
  const [last = '', ...above] = path.toReversed();
  const below = here.isList ? [...above.toReversed(), `${last}[]`] : [...path, '<name>'];
  return [own, ...options(here.each, below)];
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  // YAML reads a text of digits as a number.
  return typeof value === 'string' && Number.isNaN(Number(value)) ? value : JSON.stringify(value);
}
