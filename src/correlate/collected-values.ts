import { AUDIT_IDS_MAX, CLAIMED_MAX } from '../model/bounds.ts';
import { FACTS, type Values } from '../model/hit.ts';

const MORE_VALUES: Readonly<Record<string, number>> = {
  [FACTS.auditId]: AUDIT_IDS_MAX,
  [FACTS.claimed]: CLAIMED_MAX,
  [FACTS.cut]: 1000,
};

/** How many distinct values of a fact are kept: two show that hits disagree. */
const FACT_VALUES: ReadonlyMap<string, number> = new Map(
  Object.values(FACTS).map((fact) => [fact, MORE_VALUES[fact] ?? 2]),
);

/** Bytes that a held string costs beside its characters: V8's string header and a set's slot. */
const STRING_COST = 48;

/** What `values` cost in memory, in bytes; an estimate on the high side. */
export function cost(values: Values): number {
  let bytes = 0;
  for (const field in values) {
    bytes += STRING_COST;
    for (const value of values[field]!) bytes += STRING_COST + value.length;
  }
  return bytes;
}

/** Distinct values by field, the first ones first, within bounds. */
export class CollectedValues {
  readonly #most: number;
  readonly #fields = new Map<string, Set<string>>();
  readonly #cut = new Set<string>();
  /** What is held, in bytes; see `cost`. */
  bytes = 0;

  /** `most`: distinct values of a field; later ones are left out. */
  constructor(most: number) {
    this.#most = most;
  }

  /** `room`: bytes that may still be added; values beyond them are left out. Returns how many were. */
  add(values: Values, room = Number.POSITIVE_INFINITY): number {
    let left = 0;
    const limit = this.bytes + room;
    for (const field in values) {
      let held = this.#fields.get(field);
      if (!held) {
        held = new Set();
        this.#fields.set(field, held);
        this.bytes += STRING_COST;
      }
      const fact = FACT_VALUES.get(field);
      for (const value of values[field]!) {
        if (held.has(value)) continue;
        // If a fact gave way to a bound, hits would seem to agree. So facts are kept; they are few.
        if (fact === undefined ? held.size < this.#most && this.bytes < limit : held.size < fact) {
          held.add(value);
          this.bytes += STRING_COST + value.length;
        } else if (fact === undefined) {
          this.#cut.add(field);
          left++;
        }
      }
    }
    return left;
  }

  load(values: Values, truncated: readonly string[]): void {
    for (const field in values) {
      this.#fields.set(field, new Set(values[field]));
      this.bytes += STRING_COST;
      for (const value of values[field]!) this.bytes += STRING_COST + value.length;
    }
    for (const field of truncated) this.#cut.add(field);
  }

  get values(): Values {
    return Object.fromEntries([...this.#fields].map(([field, held]) => [field, [...held]]));
  }

  /** Fields some of whose values were left out, in byte order. */
  get truncated(): readonly string[] {
    return [...this.#cut].sort();
  }
}
