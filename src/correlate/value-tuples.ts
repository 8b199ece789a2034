import type { Values } from '../model/hit.ts';

/** Values, or combinations of them, that one hit gives a value_* rule: the last ones, as with group fields. */
export const HIT_VALUES_MAX = 16;

export interface Tuples {
  /** Each as one text; equal where all their values are, in exact case. */
  readonly keys: readonly string[];
  /** Combinations that were left out. */
  readonly cut: number;
}

const NONE: Tuples = { keys: [], cut: 0 };

/** Every combination of the values of these fields in a hit. None where it lacks one of them. */
export function tuplesOf(values: Values, fields: readonly string[]): Tuples {
  let combined: (readonly string[])[] = [[]];
  let total = 1;
  for (const field of fields) {
    const own = values[field];
    if (own === undefined || own.length === 0) return NONE;
    total *= own.length;
    // The last so many of a product come from the last so many of what it is made of.
    const last = own.slice(-HIT_VALUES_MAX);
    combined = combined.flatMap((tuple) => last.map((value) => [...tuple, value])).slice(-HIT_VALUES_MAX);
  }
  return { keys: combined.map((tuple) => JSON.stringify(tuple)), cut: total - combined.length };
}
