import type { Request } from '../../model/request.ts';

/**
 * A test of one field of a JSON document. `path` is keys with dots between them, each within an object; no key has a dot.
 * Keys and texts are ASCII.
 */
export type FieldTest =
  | { readonly path: string; readonly is: 'present' | 'text' }
  | { readonly path: string; readonly equals: string }
  | { readonly path: string; readonly startsWith: string };

/** Holds where every test does. */
export interface AllOf {
  readonly all: readonly FieldTest[];
}

/** How a JSON text, or an OTLP map, stands in a record. */
export type DocumentForm = 'json' | 'map';

/**
 * A form in which a record wraps audit events: one row of the table that both readers follow. The plain reader looks at
 * the parsed document, the byte reader at its tokens, so a row says what to look for and not how.
 */
export interface Envelope {
  /** In snake_case: events that the byte reader leaves to the plain one are counted under it. */
  readonly name: string;
  /** The document has this envelope where one of these holds, and no row before it fits. */
  readonly when: readonly AllOf[];
  readonly events: EventsAt;
  /** The one shape of request in which it is looked for; without it, all. */
  readonly only?: Request['shape'];
  /** Forms that the byte reader leaves to the plain one, to be counted by `name`. Not needed for an `events` that it cannot read. */
  readonly slow?: readonly DocumentForm[];
}

/**
 * Where the events are. A new kind is a case in plain/unwrap.ts; until the byte reader learns it, it leaves such rows to
 * the plain one.
 * - `self`: the document is the event.
 * - `itemsOf`: each member of the array at this path is one. No array, or null, is an empty one; anything else is malformed.
 * - `request`: in the records of the document, which is a whole OTLP request.
 */
export type EventsAt = 'self' | { readonly itemsOf: string } | 'request';

/** The group of audit events, before the slash of an apiVersion. */
export const API_GROUP = 'audit.k8s.io/';
