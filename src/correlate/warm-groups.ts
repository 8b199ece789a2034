import type { Detection, Values } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import type { HitsByKey } from './held-hit.ts';

/** How far a figure is on the way to what a condition asks for. */
export interface CountingProgress {
  readonly count: number;
  /** undefined where no count is enough by itself. */
  readonly of: number | undefined;
}

/** What a group holds in the span, or the window, of its latest hit. */
export interface LatestSpan {
  readonly hits: HitsByKey;
  readonly at: Micros;
  /** Of the latest hit, or of all hits of the window. */
  readonly values: Values;
}

/** How near a group is to a detection. */
export interface Warmth extends CountingProgress {
  readonly at: Micros;
  readonly values: Values;
  /** Whether the bucket of its latest hit has fired. */
  readonly fired: boolean;
}

/** A group that was hit lately. A hint for people: it decides nothing. */
export interface WarmGroup extends Warmth {
  readonly rule: Rule;
  readonly group: Detection['group'];
}
