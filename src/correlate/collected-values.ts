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

/** Whether a new collection with this bound would hold all of these values, within `room` bytes. */
export function fits(values: Values, most: number, room: number): boolean {
  for (const field in values) {
    const { length } = values[field]!;
    if (length > 1 && length > (FACT_VALUES.get(field) ?? most)) return false;
  }
  return room === Number.POSITIVE_INFINITY || cost(values) <= room;
}

/** Values of a field that are held in a list; more of them are held in a set. */
const LISTED_MAX = 8;

/** Distinct values of a field. A list may be that of a hit: it is never changed. */
type FieldValues = readonly string[] | Set<string>;

const NO_VALUES: readonly string[] = [];

function has(held: FieldValues, value: string): boolean {
  return held instanceof Set ? held.has(value) : held.includes(value);
}

function withOne(held: FieldValues, value: string): FieldValues {
  if (held instanceof Set) return held.add(value);
  return held.length < LISTED_MAX ? [...held, value] : new Set([...held, value]);
}

/** Distinct values by field, the first ones first, within bounds. */
export class CollectedValues {
  readonly #most: number;
  readonly #fields = new Map<string, FieldValues>();
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
      const list = values[field]!;
      const known = this.#fields.get(field);
      if (known === list) continue;
      if (!known) this.bytes += STRING_COST;
      const fact = FACT_VALUES.get(field);
      let held = known ?? NO_VALUES;
      for (const value of list) {
        if (has(held, value)) continue;
        const size = held instanceof Set ? held.size : held.length;
        // If a fact gave way to a bound, hits would seem to agree. So facts are kept; they are few.
        if (fact === undefined ? size < this.#most && this.bytes < limit : size < fact) {
          held = list.length === 1 && size === 0 ? list : withOne(held, value);
          this.bytes += STRING_COST + value.length;
        } else if (fact === undefined) {
          this.#cut.add(field);
          left++;
        }
      }
      if (held !== known) this.#fields.set(field, held);
    }
    return left;
  }

  load(values: Values, truncated: readonly string[]): void {
    for (const field in values) {
      const list = values[field]!;
      this.#fields.set(field, list.length > LISTED_MAX ? new Set(list) : list);
      this.bytes += STRING_COST;
      for (const value of list) this.bytes += STRING_COST + value.length;
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
