import type { Derived, EventReader } from './event.ts';
import type { Span } from './time.ts';

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** One bound of a correlation's condition. */
export interface Bound {
  readonly op: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';
  readonly value: number;
}

/** When a detection leaves. Definitions: design.md section 4, docs/windows.md. */
export type Window =
  | { readonly kind: 'sliding'; readonly quiet: Span; readonly lateness: Span }
  | {
      readonly kind: 'tumbling';
      readonly offset: Span;
      readonly lateness: Span;
      readonly late: 'keep' | 'drop';
    };

/** How a field with several values, or none, makes group keys. */
export interface Grouping {
  /** each: a key for every value; first, last: that value; joined: all of them as one key. */
  readonly multivalue: 'each' | 'first' | 'last' | 'joined';
  /** true: a value that stands twice in one event counts twice, as Splunk's `stats` does. */
  readonly repeats: boolean;
  /** Whose place `sourceIPs.geo.*` is: the member's own, the first member's, or nobody's when there are several. */
  readonly place: 'own' | 'first' | 'none';
  /** An event without a group field: kept under a null key, or dropped. */
  readonly missing: 'keep' | 'drop';
}

export interface RiskObject {
  readonly field: string;
  readonly type: string;
}

export interface Risk {
  /** Whole; what a rule does not say the loader fills in. */
  readonly score: number;
  readonly impact?: number;
  readonly confidence?: number;
  /** `$field$` stands for the field's values; a field's own name or its renamed one. */
  readonly message: string;
  readonly objects: readonly RiskObject[];
  readonly threats: readonly RiskObject[];
  /** Fields whose distinct values the detection carries. */
  readonly collect: readonly string[];
  readonly analyticStory: readonly string[];
}

/** A loaded rule that can fire. A plain Sigma rule that no correlation names is a correlation of itself (kind `match`). */
export interface Rule {
  readonly id: string;
  /** Hash of all that decides what a window holds; an equal one keeps its windows over a reload. */
  readonly fingerprint: string;
  readonly title: string;
  readonly description: string;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  /** The pack's name, or the file. */
  readonly ruleset: string;
  /** file:line where it stands. */
  readonly source: string;
  readonly kind: 'match' | 'event_count' | 'value_count' | 'temporal' | 'temporal_ordered' | 'value';
  /** Ids of the base rules whose matches it counts. */
  readonly inputs: readonly string[];
  readonly groupBy: readonly string[];
  /** All must hold: one bound, or a range of two. */
  readonly condition: readonly Bound[];
  /** What value_count and the value_* types look at; empty for the others. */
  readonly conditionFields: readonly string[];
  readonly timespan: Span;
  readonly window: Window;
  readonly group: Grouping;
  /** What makes two records the same hit: the request, the record, or nothing. */
  readonly dedupe: 'request' | 'record' | 'none';
  readonly emit: 'crossing' | 'close' | 'both';
  readonly time: 'event' | 'record';
  readonly risk: Risk;
  /** From a field's own name to the name that messages, objects and result filters use. */
  readonly rename: Readonly<Record<string, string>>;
  /** After counting, over the result row (fields by their renamed names); false drops the detection. */
  readonly keep?: (row: ResultRow) => boolean;
}

/** What a result filter sees: a multivalue field is an array, a missing one is absent. */
export type ResultRow = Readonly<Record<string, string | number | readonly string[]>>;

/** Compiled base rules. Pure and synchronous; calls `hit` with the id of each base rule that matches. */
export interface Matcher {
  match(event: EventReader, derived: Derived, hit: (base: string) => void): void;
}
