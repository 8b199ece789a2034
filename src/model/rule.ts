import type { Derived, EventReader } from './event.ts';
import type { Span } from './time.ts';

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** One bound of a correlation's condition. */
export interface Bound {
  readonly op: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';
  readonly value: number;
}

/** When a detection is sent. Definitions: docs/windows.md. */
export type Window =
  | { readonly kind: 'sliding'; readonly quiet: Span; readonly lateness: Span }
  | {
      readonly kind: 'tumbling';
      readonly offset: Span;
      readonly lateness: Span;
      readonly late: 'keep' | 'drop';
    };

/** What a temporal correlation must have seen within its timespan: matches of its inputs, by their ids. */
export type Seen =
  | { readonly kind: 'input'; readonly id: string }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Seen[] }
  | { readonly kind: 'not'; readonly of: Seen };

/** How a field with several values, or without one, makes group keys. */
export interface Grouping {
  /** each: a key for every value; first, last: that value; joined: all of them as one key. */
  readonly multivalue: 'each' | 'first' | 'last' | 'joined';
  /** true: a value that is twice in one event counts twice, as in Splunk's `stats`. */
  readonly repeats: boolean;
  /** Which place `sourceIPs.geo.*` is: that of the member itself, that of the first member, or none if there are several. */
  readonly place: 'own' | 'first' | 'none';
  /** What becomes of an event without a group field: it is kept with a null key, or dropped. */
  readonly missing: 'keep' | 'drop';
}

export interface RiskObject {
  readonly field: string;
  readonly type: string;
}

export interface Risk {
  /** A whole number; the loader fills it in if the rule does not have one. */
  readonly score: number;
  readonly impact?: number;
  readonly confidence?: number;
  /** Used instead of `score` if the API server refused (401, 403) every request behind the detection. */
  readonly refusedScore?: number;
  /** `$field$` stands for the field's values, under its own name or its renamed one. */
  readonly message: string;
  readonly objects: readonly RiskObject[];
  readonly threats: readonly RiskObject[];
  /** Fields whose distinct values the detection carries. */
  readonly collect: readonly string[];
  readonly analyticStory: readonly string[];
}

/** A loaded rule that can fire. A base rule that no correlation names counts its own matches (kind `match`). */
export interface Rule {
  readonly id: string;
  /** A hash of everything that decides what a window holds: a rule with the same one keeps its windows over a reload. */
  readonly fingerprint: string;
  readonly title: string;
  readonly description: string;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  /** What is known to be harmless, for people. */
  readonly falsePositives: readonly string[];
  /** The day on which the rule was last modified, else that on which it was written. Sigma has no other version. */
  readonly version?: string;
  /** The pack's name, or the file. */
  readonly ruleset: string;
  /** file:line of the rule. */
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
  /**
   * Ids of what it counts: base rules (their matches) or other rules (their detections: chained). In the order of
   * `rules`.
   */
  readonly inputs: readonly string[];
  /** Field paths, or aliases. */
  readonly groupBy: readonly string[];
  /** By alias, which the rule may use wherever it names a field, then by the input's id: the field that is meant there. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * All must hold: one bound, or a range of two. They bound the number of events, of distinct values or of distinct inputs
   * (temporal types; all of the inputs if the rule has no condition), or the sum, average, percentile or median.
   */
  readonly condition: readonly Bound[];
  /**
   * The fields that value_count (distinct tuples of them) and the other value_* types (one field) look at; empty for the
   * rest.
   */
  readonly conditionFields: readonly string[];
  /** For value_percentile, 0 to 100. */
  readonly percentile?: number;
  /** The condition of a temporal correlation, if it is more than a number of inputs. */
  readonly seen?: Seen;
  /** True if it fires only for the correlations that count it, and sends nothing itself. */
  readonly silent: boolean;
  /** Fields that its hits carry, beside its own, for the correlations that count it. */
  readonly carry: readonly string[];
  /** 0 for kind `match`. */
  readonly timespan: Span;
  readonly window: Window;
  readonly group: Grouping;
  /** When two records are the same hit: if they are of the same request, if they are the same record, or never. */
  readonly dedupe: 'request' | 'record' | 'none';
  readonly emit: 'crossing' | 'close' | 'both';
  readonly time: 'event' | 'record';
  readonly risk: Risk;
  /** From a field's own name to the name that messages, objects and result filters use. */
  readonly rename: Readonly<Record<string, string>>;
  /** A test of the result row (fields by their renamed names) after counting; false drops the detection. */
  readonly keep?: (row: ResultRow) => boolean;
}

/** The row that a result filter tests: a field with several values is an array, a missing one is absent. */
export type ResultRow = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Compiled base rules. Pure and synchronous. Calls `hit` with the id of each base rule that matches, and `filtered` with the
 * id of each base rule that would match without a Sigma filter.
 */
export interface Matcher {
  match(
    event: EventReader,
    derived: Derived,
    hit: (base: string) => void,
    filtered?: (base: string) => void,
  ): void;
}
