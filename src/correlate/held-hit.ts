import type { Hit, Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';

/** A hit, as far as windows hold it. */
export interface HeldHit {
  readonly at: Micros;
  readonly identity: Hit['identity'];
  readonly input: string;
  readonly values: Values;
  /** The numbers of a value_sum, value_avg, value_percentile or value_median rule; empty for all others. */
  readonly numbers: readonly number[];
}

/** A hit, and what it adds to what its rule counts. */
export interface CountedHit {
  /** An identity, tuples of values, an input: distinct ones are counted. None where the hit lacks what is counted. */
  readonly keys: readonly string[];
  readonly held: HeldHit;
}

/** What a span or a window holds, by key: the earliest hit of each. */
export interface HitsByKey {
  readonly size: number;
  has(key: string): boolean;
  values(): Iterable<HeldHit>;
}
