import type { Request } from '../../model/request.ts';
import { isObject, type JsonObject, ownValue } from '../document/json.ts';
import { parsedString } from '../document/json-strings.ts';
import type { DocumentEnvelope, FieldTest } from '../envelopes/envelope.ts';
import { isMarked } from '../envelopes/marks.ts';
import { ATTRIBUTES, DOCUMENTS } from '../envelopes/table.ts';

/** What a document's envelope holds. An item of `events` may be any value; it is an event if it is an object. */
export type Unwrapped =
  | { readonly kind: 'events'; readonly events: readonly unknown[]; readonly cluster?: string }
  | { readonly kind: 'documents'; readonly documents: readonly unknown[]; readonly cluster?: string }
  | { readonly kind: 'request' }
  | { readonly kind: 'malformed'; readonly why: string };

/** undefined where the document has no known envelope. */
export function unwrap(document: unknown, shape: Request['shape']): Unwrapped | undefined {
  const envelope = isObject(document) ? envelopeOf(document, shape) : undefined;
  return envelope && open(envelope, document as JsonObject);
}

export function envelopeOf(document: JsonObject, shape: Request['shape']): DocumentEnvelope | undefined {
  return DOCUMENTS.find(
    ({ when, only }) =>
      (only === undefined || only === shape) &&
      when.some(({ all }) => all.every((test) => holds(test, valueAt(document, test.path)))),
  );
}

/** The document, or the text of documents, that the attributes of a record without a body hold. */
export function documentIn(attributes: JsonObject): JsonObject | string | undefined {
  for (const { document } of ATTRIBUTES) {
    const found = document(attributes);
    if (found !== undefined) return found;
  }
  return undefined;
}

function open(envelope: DocumentEnvelope, document: JsonObject): Unwrapped {
  const { name, events } = envelope;
  if (events === 'self') return { kind: 'events', events: [document] };
  if (events === 'request') return { kind: 'request' };
  if ('itemsOf' in events) {
    const value = valueAt(document, events.itemsOf) ?? [];
    const items = typeof value === 'string' ? parsedString(value) : value;
    return Array.isArray(items)
      ? { kind: 'events', events: items }
      : { kind: 'malformed', why: `${events.itemsOf} is not an array (${name})` };
  }
  const named = envelope.cluster?.(document);
  const cluster = named === undefined ? {} : { cluster: named };
  if ('mapped' in events) return { kind: 'events', events: [events.mapped(document)], ...cluster };
  if ('documentAt' in events)
    return { kind: 'documents', documents: [valueAt(document, events.documentAt)], ...cluster };
  const members = valueAt(document, events.documentsOf);
  return { kind: 'documents', documents: Array.isArray(members) ? members : [], ...cluster };
}

function holds(test: FieldTest, value: unknown): boolean {
  if ('is' in test) {
    if (test.is === 'present') return value !== undefined;
    return typeof value === 'string' && (test.is === 'text' || isMarked(value));
  }
  if (typeof value !== 'string') return false;
  return 'equals' in test ? value === test.equals : value.startsWith(test.startsWith);
}

function valueAt(document: JsonObject, path: string): unknown {
  let value: unknown = document;
  for (const key of path.split('.')) value = isObject(value) ? ownValue(value, key) : undefined;
  return value;
}
