import { lastCombinations } from '../lib/combinations.ts';
import type { Values } from '../model/hit.ts';

/** Values, or combinations of them, that one hit gives a value_* rule: the last ones, as with group fields. */
export const HIT_VALUES_MAX = 16;

interface Tuples {
  /** Each as one text; equal where all their values are, in exact case. */
  readonly keys: readonly string[];
  /** How many combinations were left out. */
  readonly cut: number;
}

const NO_VALUES: readonly string[] = [];

/** Every combination of the values of these fields in a hit. None where it lacks one of them. */
export function tuplesOf(values: Values, fields: readonly string[]): Tuples {
  const { kept, total } = lastCombinations(
    fields.map((field) => values[field] ?? NO_VALUES),
    HIT_VALUES_MAX,
  );
  return { keys: kept.map((tuple) => JSON.stringify(tuple)), cut: total - kept.length };
}
