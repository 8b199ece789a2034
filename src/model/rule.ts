import type { Derived, EventReader } from './event.ts';
import type { Span } from './time.ts';

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** One bound of a correlation's condition. */
export interface Bound {
  readonly op: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';
  readonly value: number;
}

/** When a detection leaves. Definitions: docs/windows.md. */
export type Window =
  | { readonly kind: 'sliding'; readonly quiet: Span; readonly lateness: Span }
  | {
      readonly kind: 'tumbling';
      readonly offset: Span;
      readonly lateness: Span;
      readonly late: 'keep' | 'drop';
    };

/** What a temporal correlation wants to have seen within its timespan: matches of its inputs, by their ids. */
export type Seen =
  | { readonly kind: 'input'; readonly id: string }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Seen[] }
  | { readonly kind: 'not'; readonly of: Seen };

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
  /** In place of `score` where the API server refused (401, 403) every request behind the detection. */
  readonly refusedScore?: number;
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
  readonly kind:
    | 'match'
    | 'event_count'
    | 'value_count'
    | 'temporal'
    | 'temporal_ordered'
    | 'value_sum'
    | 'value_avg'
    | 'value_percentile'
    | 'value_median';
  /** Ids of what it counts: base rules' matches, or other rules' detections (chained). In the order of `rules`. */
  readonly inputs: readonly string[];
  /** Field paths, or aliases. */
  readonly groupBy: readonly string[];
  /** By alias, which may stand wherever the rule names a field, then by input's id: the field that stands for it there. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * All must hold: one bound, or a range of two. Of events, of distinct values, of distinct inputs (temporal types, which
   * want all of them unless they say otherwise), or of the sum, average, percentile or median.
   */
  readonly condition: readonly Bound[];
  /** What value_count (distinct tuples of them) and the value_* types (one) look at; empty for the others. */
  readonly conditionFields: readonly string[];
  /** Of value_percentile, 0 to 100. */
  readonly percentile?: number;
  /** A temporal correlation's condition, where it is more than a number of inputs. */
  readonly seen?: Seen;
  /** True: it fires only for the correlations that count it, and sends nothing. */
  readonly silent: boolean;
  /** Fields that its hits carry for the correlations that count it, beside its own. */
  readonly carry: readonly string[];
  /** 0 for kind `match`. */
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

/**
 * Compiled base rules. Pure and synchronous; calls `hit` with the id of each base rule that matches, and `filtered` with
 * that of each which would, were it not for a Sigma filter.
 */
export interface Matcher {
  match(
    event: EventReader,
    derived: Derived,
    hit: (base: string) => void,
    filtered?: (base: string) => void,
  ): void;
}
