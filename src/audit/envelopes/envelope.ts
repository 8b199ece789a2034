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

/** The form of a document in a record: JSON text, or an OTLP map. */
export type DocumentForm = 'json' | 'map';

/**
 * A form in which a record wraps audit events: a row of the table that both readers follow. The plain reader looks at the
 * parsed document and the byte reader at its tokens, so a row only says what to look for.
 */
export interface Envelope {
  /** In snake_case: the reason under which events_slow counts what the byte reader leaves to the plain reader. */
  readonly name: string;
  /** The document has this envelope where one of these holds and no earlier row fits. */
  readonly when: readonly AllOf[];
  readonly events: EventsAt;
  /** The only shape of request in which the envelope is looked for; without it, all shapes. */
  readonly only?: Request['shape'];
  /** Forms that the byte reader leaves to the plain reader. Needless where the byte reader does not know `events`: it leaves all forms. */
  readonly slow?: readonly DocumentForm[];
}

/**
 * Where the events are. A new kind needs a case in plain/unwrap.ts. The byte reader leaves kinds that it does not know to the
 * plain reader.
 * - `self`: the document is the event.
 * - `itemsOf`: each member of the array at this path is an event. A missing array, or null, is empty; any other value is
 *   malformed.
 * - `request`: the document is a whole OTLP request, and the events are in its records.
 */
export type EventsAt = 'self' | { readonly itemsOf: string } | 'request';

/** How the apiVersion of audit events begins. */
export const API_GROUP = 'audit.k8s.io/';
