import type { Request } from './request.ts';
import type { Micros } from './time.ts';

export type Scalar = string | number | boolean | null;

export type FieldId = number & { readonly unit: 'field' };

/**
 * A field that somebody wants to read: a path in the audit event (`objectRef.resource`), or `resource.<attribute>`,
 * `record.<attribute>`, `k8s.cluster.name` of the record that carried it.
 * A literal key goes before a dotted walk, and the walk backtracks, so `annotations.authorization.k8s.io/decision` resolves.
 * `[0]` or `[-1]` behind a key picks a member of an array; `\[` and `\]` are brackets of a key.
 */
export interface FieldNeed {
  readonly path: string;
  /** Set for a path inside the objects of an array field (same-element blocks). */
  readonly within?: string;
  /** What rules compare the field with, lower-cased, so that bytes are compared and no string is made. */
  readonly literals: readonly string[];
}

/** All needs of the loaded rules, the hit identity and the enrichment; each path once, its literals united. */
export interface FieldPlan {
  readonly needs: readonly FieldNeed[];
  /** Throws for a path that nobody asked for: a bug, not an input. */
  id(path: string, within?: string): FieldId;
}

/** A view on the current event. Lent: it is dead after its turn, and so is every reader that it gave. */
export interface EventReader {
  /** `value`: at least one scalar (null members of an array count as scalars). `object`: only objects or an empty array. */
  state(field: FieldId): 'absent' | 'null' | 'value' | 'object';
  /** The number of scalars: 1 for a plain value, one a member for an array, whatever the nesting. */
  count(field: FieldId): number;
  /** Index into the field's literals of the i-th scalar's text, case folded; -1 if it is none of them. Allocates nothing. */
  literal(field: FieldId, i: number): number;
  /** Whether the i-th scalar is null: a member of an array. Allocates nothing. */
  isNull(field: FieldId, i: number): boolean;
  /** The i-th scalar, decoded. */
  scalar(field: FieldId, i: number): Scalar;
  /** How many objects an array field (or one object) holds. */
  members(scope: FieldId): number;
  member(scope: FieldId, i: number): EventReader;
  /** True if the test holds for any string, number or boolean in the event, as text: keywords. */
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

/** Fields that enrichment computes; all others are the reader's. */
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
   * The number of values: one a member of sourceIPs for `sourceIPs.geo.*`, one an address left of the client's for
   * `client.claimed`, one an argument for `process.command_args`, for all others 0 or 1.
   */
  count(field: DerivedField, event: EventReader): number;
  /** undefined where there is no such value, as where an address has no place. A located address has all fields, '' where unknown. */
  value(field: DerivedField, event: EventReader, i: number): Scalar | undefined;
}

/** What the record around an event says of it. Lent like the event. */
export interface EventContext {
  /** The record's index in its request. */
  readonly record: number;
  /** The index in the request of the resource that the record belongs to; 0 where nothing tells of resources. */
  readonly resource: number;
  /** stageTimestamp, else requestReceivedTimestamp, else the record's time, else its observed time, else arrival. */
  readonly at: Micros;
  /** False where `at` is not the event's own stageTimestamp. */
  readonly timed: boolean;
  /** The record's time (or observed time), for rules with `time: record`. */
  readonly recordAt: Micros | undefined;
}

export type PassedBy = 'empty' | 'text' | 'json' | 'other' | 'own';

export interface ReadReport {
  readonly records: number;
  readonly events: number;
  /** Records that hold no audit event, by what they are. They are acknowledged and left alone. */
  readonly passedBy: Readonly<Partial<Record<PassedBy, number>>>;
  /** Records with something malformed in them, each counted once, and why the first one was. */
  readonly rejected: number;
  readonly why?: string;
  /** Events that were read the slow way, by reason. They are read all the same. */
  readonly slow: Readonly<Record<string, number>>;
}

/** `malformed`: the request itself cannot be decoded; what was visited so far is void. */
export type ReadOutcome = ReadReport | { readonly malformed: string };

/**
 * Visits the request's events in order, each in its turn: `event` and `about` are lent. A large request takes turns with
 * the event loop and answers later.
 */
export type ReadRequest = (
  request: Request,
  plan: FieldPlan,
  visit: (event: EventReader, about: EventContext) => void,
) => ReadOutcome | Promise<ReadOutcome>;
