import type * as z from 'zod';
import { didYouMean } from '../lib/nearest.ts';
import { shownValue } from '../lib/shown-value.ts';
import { valueAt } from '../lib/value-at.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import { nodesAlong, type SchemaNode } from './schema-node.ts';

/** A fault of one value. */
export interface ValueFault {
  readonly path: YamlPath;
  /** The rest of a sentence that begins with the path. */
  readonly what: string;
}

/** The reference that brings in the value at a path, as written; undefined for a value that is in the file itself. */
type BroughtIn = (path: YamlPath) => string | undefined;

/** The value that the schema makes of `value`, or everything that is wrong with it. No fault shows a value that was brought in. */
export function parseValue<T extends z.ZodType>(
  schema: T,
  value: unknown,
  broughtIn: BroughtIn = () => undefined,
): { readonly value: z.output<T> } | { readonly faults: readonly ValueFault[] } {
  const result = schema.safeParse(value, { error: () => UNSAID });
  if (result.success) return { value: result.data };
  const given: Given = { schema, value, broughtIn };
  return { faults: result.error.issues.flatMap((issue) => faultsOf(issue, given)) };
}

/** The message of an issue for which the schema has none: it is made from the kind of value at that place. */
const UNSAID = '';

interface Given {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly broughtIn: BroughtIn;
}

function faultsOf(issue: z.core.$ZodIssue, given: Given): readonly ValueFault[] {
  const path = issue.path as YamlPath;
  if (issue.code === 'unrecognized_keys') {
    const map = nodesAlong(given.schema, path).at(-1);
    return issue.keys.map((key) => ({ path: [...path, key], what: unknownKey(key, map) }));
  }
  if (issue.code === 'invalid_key') return [{ path, what: issue.issues[0]?.message || 'is not a key here' }];
  return [{ path, what: sentence(issue.message, path, given) }];
}

function unknownKey(key: string, map: SchemaNode | undefined): string {
  const { keys = {}, instead = {} } = map ?? {};
  // Without the suffix that a collector's names may have.
  const [name = ''] = key.split('/', 1);
  if (Object.hasOwn(instead, name)) return instead[name]!;
  const known = Object.keys(keys);
  return `is not a key here${didYouMean(key, known) || `; the keys are ${known.join(', ')}`}`;
}

/** `message`: the schema's own. To one that begins with "wants" the actual value is added. */
function sentence(message: string, path: YamlPath, { schema, value, broughtIn }: Given): string {
  if (message !== UNSAID && !message.startsWith('wants ')) return message;
  const nodes = nodesAlong(schema, path);
  const node = nodes[path.length];
  const wants = message === UNSAID ? `wants ${node?.wants ?? 'another value'}` : message;
  const here = valueAt(value, path);
  if (here === undefined) return `is missing; ${wants}`;
  if (nodes.some(({ secret }) => secret))
    return `${wants}, has something else (not shown: it may be a secret)`;
  if (typeof here === 'string' && !node?.keys && node?.instead && Object.hasOwn(node.instead, here))
    return node.instead[here]!;
  const source = broughtIn(path);
  if (source !== undefined) return `${wants}, has what ${shownValue(source)} brings in`;
  const meant = typeof here === 'string' ? didYouMean(here, node?.words ?? []) : '';
  return `${wants}, has ${shownValue(here)}${meant}`;
}
