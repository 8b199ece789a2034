import { lastCombinations } from '../lib/combinations.ts';
import type { Values } from '../model/hit.ts';

/** Values, or combinations of them, that one hit gives a value_* rule at most: the last ones, as with group fields. */
export const HIT_VALUES_MAX = 16;

interface Tuples {
  /** Each tuple as one text. Two are equal where all their values are, in exact case. */
  readonly keys: readonly string[];
  /** How many combinations were left out. */
  readonly cut: number;
}

const NO_VALUES: readonly string[] = [];

/** Every combination of a hit's values of these fields. None where it lacks one of the fields. */
export function tuplesOf(values: Values, fields: readonly string[]): Tuples {
  const { kept, total } = lastCombinations(
    fields.map((field) => values[field] ?? NO_VALUES),
    HIT_VALUES_MAX,
  );
  return { keys: kept.map((tuple) => JSON.stringify(tuple)), cut: total - kept.length };
}
