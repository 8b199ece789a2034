import type { Request } from './request.ts';
import type { Micros } from './time.ts';

export type Scalar = string | number | boolean | null;

export type FieldId = number & { readonly unit: 'field' };

/**
 * A field to read: a path in the audit event (`objectRef.resource`), or `resource.<attribute>`, `record.<attribute>` or
 * `k8s.cluster.name` of the record that holds the event. The latter is the first name that there is in the order of
 * docs/envelopes.md.
 * A key that contains dots is tried before its parts, and other splits after it, so
 * `annotations.authorization.k8s.io/decision` resolves.
 * `[0]` or `[-1]` after a key picks a member of an array; `\[` and `\]` are brackets that belong to a key.
 */
export interface FieldNeed {
  readonly path: string;
  /** For a path inside the objects of an array field (same-element blocks): that field. */
  readonly within?: string;
  /** Texts that rules compare the field with, in lower case, so that bytes are compared and no string is made. */
  readonly literals: readonly string[];
}

/** All needs of the loaded rules, the hit identity and the enrichment; each path once, with the literals of all of them. */
export interface FieldPlan {
  readonly needs: readonly FieldNeed[];
  /** Throws for a path that is not among the needs: a bug, not a fault of the input. */
  id(path: string, within?: string): FieldId;
}

/** A set of fields whose values come again and again: see semantics/repeating-sets.ts. */
export type RepeatingSet = 'client' | 'request';

/**
 * What was worked out of the values of a set of fields, by a matcher and by the maker of hits. The reader makes it empty,
 * keeps it, and never looks into it.
 */
export interface ValueMemo {
  /** How often it was asked for. */
  asked: number;
  /** The generation of places (`Derived`) that answers and row belong to. */
  generation: number;
  answers: Uint8Array | undefined;
  row: Int32Array | undefined;
  /** What hits show of these values. */
  shown: ShownValues | undefined;
}

/** By question, what was worked out; undefined where it was not asked yet. */
export interface ShownValues {
  /** Who asks, and the generation of places that the answers belong to. */
  readonly by: object;
  readonly generation: number;
  readonly answers: unknown[];
}

/** A view of the current event. It is lent: after the visit it is invalid, and so is every reader that it gave. */
export interface EventReader {
  /** `value`: at least one scalar (null members of an array count as scalars). `object`: only objects or an empty array. */
  state(field: FieldId): 'absent' | 'null' | 'value' | 'object';
  /** The number of scalars: 1 for a plain value, one for each member of an array, however deep it is nested. */
  count(field: FieldId): number;
  /**
   * The index of the i-th scalar's text, in lower case, among the field's literals; -1 if it is none of them. Allocates
   * nothing.
   */
  literal(field: FieldId, i: number): number;
  /**
   * False if the field is one text, and certainly holds none of the texts whose trigrams these are (lib/trigrams.ts), whatever
   * the case of letters. Allocates nothing.
   */
  mayHold(field: FieldId, trigrams: readonly Int32Array[]): boolean;
  /** Whether the i-th scalar is null; only a member of an array can be. Allocates nothing. */
  isNull(field: FieldId, i: number): boolean;
  /** The i-th scalar, decoded. */
  scalar(field: FieldId, i: number): Scalar;
  /**
   * The memo of the values of all fields of the set together: the same one for each event with these values, until it is
   * forgotten. undefined where none is kept.
   */
  memo(set: RepeatingSet): ValueMemo | undefined;
  /** The number of objects in an array field; 1 for a single object. */
  members(scope: FieldId): number;
  member(scope: FieldId, i: number): EventReader;
  /** True if the test holds for the text of any string, number or boolean in the event: for keywords. */
  someLeaf(test: (text: string) => boolean): boolean;
}

/** Fields that say what a request did, to what, and what it ran; they are computed from the event alone. */
export const REQUEST_FIELDS = [
  'request.action',
  'request.dry_run',
  'request.outcome',
  'process.command_args',
  'process.command_line',
  'object.name',
] as const;

export type RequestField = (typeof REQUEST_FIELDS)[number];

/** Fields that enrichment computes; the reader reads all others. */
export const DERIVED_FIELDS = [
  ...REQUEST_FIELDS,
  'client.address',
  'client.claimed',
  'client.geo.country.iso_code',
  'client.geo.country.name',
  'client.geo.locality.name',
  'client.geo.location.lat',
  'client.geo.location.lon',
  'sourceIPs.geo.country.iso_code',
  'sourceIPs.geo.country.name',
  'sourceIPs.geo.locality.name',
  'sourceIPs.geo.location.lat',
  'sourceIPs.geo.location.lon',
] as const;

export type DerivedField = (typeof DERIVED_FIELDS)[number];

/**
 * Thrown for an address whose place is not known yet, since its database file is still being opened. There is no value
 * for "not yet": it would make a group key. Whoever visits the event waits for `ready`, then visits the whole request again.
 */
export class PlaceFileOpening extends Error {
  override readonly name = 'PlaceFileOpening';
  readonly ready: Promise<void>;

  constructor(ready: Promise<void>) {
    super('the geo database is being opened');
    this.ready = ready;
  }
}

/** Lazy and synchronous: nothing is computed for an event that no rule asks about. Places throw PlaceFileOpening. */
export interface Derived {
  /**
   * The number of values: for `sourceIPs.geo.*`, one for each member of sourceIPs; for `client.claimed`, one for each
   * address left of the client's; for `process.command_args`, one for each argument; for all others, 0 or 1.
   */
  count(field: DerivedField, event: EventReader): number;
  /** undefined if there is no such value, as when the address has no place. An address with a place has all text fields, '' for what is not known. */
  value(field: DerivedField, event: EventReader, i: number): Scalar | undefined;
  /** Another number since places may be others than before. */
  readonly generation: number;
}

/** What is known of an event from the record that holds it. Lent like the event. */
export interface EventContext {
  /** The record's index in its request. */
  readonly record: number;
  /** The index in the request of the resource that the record belongs to; 0 if the request has no resources. */
  readonly resource: number;
  /**
   * The stageTimestamp, or else the requestReceivedTimestamp, the `timestamp` that events had before v1, the record's time,
   * its observed time, the time of arrival.
   */
  readonly at: Micros;
  /** The requestReceivedTimestamp. */
  readonly received: Micros | undefined;
  /** True if `at` is the event's own time: its stageTimestamp, or the `timestamp` of one that has no other. */
  readonly timed: boolean;
  /** True if `at` only says when the event was seen: the record's observed time, or the arrival. */
  readonly fallback: boolean;
  /** The record's time (or observed time), for rules with `time: record`. */
  readonly recordAt: Micros | undefined;
}

export type PassedBy = 'empty' | 'text' | 'json' | 'other' | 'own';

export interface ReadReport {
  readonly records: number;
  readonly events: number;
  /** Records that hold no audit event, by kind. They are acknowledged and ignored. */
  readonly passedBy: Readonly<Partial<Record<PassedBy, number>>>;
  /** What the first one of each kind looks like: its structure, never its content. */
  readonly looks: Readonly<Partial<Record<PassedBy, string>>>;
  /** Records with something malformed in them, each counted once; `why` is the reason of the first one. */
  readonly rejected: number;
  readonly why?: string;
  /** Events that the slower reader read, by reason. They count like others. */
  readonly slow: Readonly<Record<string, number>>;
  /** Records that held several documents; left out where none did. */
  readonly several?: number;
  /** Events whose text broke off, and that were read as far as they go; left out where there were none. */
  readonly truncated?: number;
  /** NUL bytes around documents that were skipped; left out where there were none. */
  readonly nulBytes?: number;
}

/** `malformed`: the request itself cannot be decoded; events that were visited do not count. */
export type ReadOutcome = ReadReport | { readonly malformed: string };

/** May return the number of hits that it made of the event: what is costly takes turns sooner. */
export type Visit = (event: EventReader, about: EventContext) => unknown;

/**
 * Visits the request's events in order; `event` and `about` are lent for the visit. A large request is read in slices, in
 * turn with other work of the event loop, and answers later. What `visit` throws is thrown on, and ends the reading.
 */
export type ReadRequest = (
  request: Request,
  plan: FieldPlan,
  visit: Visit,
) => ReadOutcome | Promise<ReadOutcome>;
