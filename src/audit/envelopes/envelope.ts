import type { Request } from '../../model/request.ts';
import type { JsonObject } from '../document/json.ts';

/**
 * A test of one field of a JSON document. `path` is keys with dots between them, each within an object; no key has a dot.
 * Keys and texts are ASCII. `marked`: a text that may hold an audit event; see marks.ts.
 */
export type FieldTest =
  | { readonly path: string; readonly is: 'present' | 'text' | 'marked' }
  | { readonly path: string; readonly equals: string }
  | { readonly path: string; readonly startsWith: string };

/** Holds where every test does. */
export interface AllOf {
  readonly all: readonly FieldTest[];
}

/** The form of a document in a record: JSON text, or an OTLP map. */
export type DocumentForm = 'json' | 'map';

/** A form in which a record wraps audit events: a row of the table that both readers follow. */
export type Envelope = DocumentEnvelope | AttributesEnvelope | TextEnvelope;

/**
 * An envelope that is a JSON document. The plain reader looks at the parsed document and the byte reader at its tokens, so a
 * row only says what to look for.
 */
export interface DocumentEnvelope {
  /** In snake_case: the reason under which events_slow counts what the byte reader leaves to the plain reader. */
  readonly name: string;
  readonly found: 'document';
  /** The document has this envelope where one of these holds and no earlier row fits. */
  readonly when: readonly AllOf[];
  readonly events: EventsAt;
  /** The only shape of request in which the envelope is looked for; without it, all shapes. */
  readonly only?: Request['shape'];
  /** Forms that the byte reader leaves to the plain reader. Needless where the byte reader does not know `events`: it leaves all forms. */
  readonly slow?: readonly DocumentForm[];
  /** The name of the cluster, where the envelope says it. The byte reader leaves such rows to the plain reader. */
  readonly cluster?: (document: JsonObject) => string | undefined;
}

/**
 * Where the events are. A new kind needs a case in plain/unwrap.ts. The byte reader leaves kinds that it does not know to the
 * plain reader.
 * - `self`: the document is the event.
 * - `itemsOf`: each member of the array at this path is an event. A missing array, or null, is empty; any other value is
 *   malformed.
 * - `request`: the document is a whole OTLP request, and the events are in its records.
 * - `documentAt`: the value at this path is a document with an envelope of its own, or a text of such documents.
 * - `documentsOf`: so is each member of the array at this path. Anything but an array holds none.
 * - `mapped`: the event is made of the document.
 */
export type EventsAt =
  | 'self'
  | 'request'
  | { readonly itemsOf: string }
  | { readonly documentAt: string }
  | { readonly documentsOf: string }
  | { readonly mapped: (document: JsonObject) => JsonObject };

/** An event in the attributes of a record that has no body. The byte reader leaves it to the plain reader. */
export interface AttributesEnvelope {
  readonly name: string;
  readonly found: 'attributes';
  /** A document, or a text of documents, made of the attributes. undefined where they do not hold one. */
  readonly document: (attributes: JsonObject) => JsonObject | string | undefined;
}

/** A text with an event behind a prefix on the same line. */
export interface TextEnvelope {
  readonly name: string;
  readonly found: 'text';
  /** Sticky. It matches ASCII alone, and is tried on at most PREFIX_MAX characters. */
  readonly prefix: RegExp;
}

/** How the apiVersion of audit events begins. */
export const API_GROUP = 'audit.k8s.io/';
