import type * as z from 'zod';
import { schemaNode } from '../schema/schema-node.ts';
import { schema } from './schema.ts';

export interface Option {
  /** `receivers.otlp.grpc.endpoint`; `<name>` stands for a key that the user chooses. */
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
  const below = here.each && schemaNode(here.each).keys ? options(here.each, [...path, '<name>']) : [];
  return [own, ...below];
}

function written(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(written).join(', ')}]`
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
