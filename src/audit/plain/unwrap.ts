import type { Request } from '../../model/request.ts';
import { isObject, type JsonObject, ownValue } from '../document/json.ts';
import { parsedString } from '../document/json-strings.ts';
import type { Envelope, FieldTest } from '../envelopes/envelope.ts';
import { ENVELOPES } from '../envelopes/table.ts';

/** What a document's envelope holds. An item of `events` may be any value; it is an event if it is an object. */
export type Unwrapped =
  | { readonly kind: 'events'; readonly events: readonly unknown[] }
  | { readonly kind: 'request' }
  | { readonly kind: 'malformed'; readonly why: string };

/** undefined where the document has no known envelope. */
export function unwrap(document: unknown, shape: Request['shape']): Unwrapped | undefined {
  const envelope = isObject(document) ? envelopeOf(document, shape) : undefined;
  return envelope && open(envelope, document as JsonObject);
}

export function envelopeOf(document: JsonObject, shape: Request['shape']): Envelope | undefined {
  const rows: readonly Envelope[] = ENVELOPES;
  return rows.find(
    ({ when, only }) =>
      (only === undefined || only === shape) &&
      when.some(({ all }) => all.every((test) => holds(test, valueAt(document, test.path)))),
  );
}

function open({ name, events }: Envelope, document: JsonObject): Unwrapped {
  if (events === 'self') return { kind: 'events', events: [document] };
  if (events === 'request') return { kind: 'request' };
  const value = valueAt(document, events.itemsOf) ?? [];
  const items = typeof value === 'string' ? parsedString(value) : value;
  return Array.isArray(items)
    ? { kind: 'events', events: items }
    : { kind: 'malformed', why: `${events.itemsOf} is not an array (${name})` };
}

function holds(test: FieldTest, value: unknown): boolean {
  if ('is' in test) return test.is === 'present' ? value !== undefined : typeof value === 'string';
  if (typeof value !== 'string') return false;
  return 'equals' in test ? value === test.equals : value.startsWith(test.startsWith);
}

function valueAt(document: JsonObject, path: string): unknown {
  let value: unknown = document;
  for (const key of path.split('.')) value = isObject(value) ? ownValue(value, key) : undefined;
  return value;
}
