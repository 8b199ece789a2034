import type { Detection } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { CollectedValues } from './collected-values.ts';
import type { Counting } from './counting.ts';
import type { CountedHit, HeldHit, HitsByKey } from './held-hit.ts';

/** Identities, and keys of what is counted, that a tally remembers; beyond them its count, or value, is inexact. */
export const IDENTITIES_MAX = 10_000;

const TALLY_COST = 200;
const IDENTITY_COST = 112;
const FOUND_COST = 220;
const MAP_COST = 250;
const NO_VALUES = {};
const NOTHING_FOUND = new Map<string, HeldHit>();

/** What of a detection its hits decide. */
export type Figures = Pick<Detection, 'at' | 'count' | 'value' | 'exact' | 'seen' | 'values' | 'truncated'>;

/** The running figures of one window of one group: how many, when, what they had, and what the rule counts of them. */
export class WindowFigures {
  readonly #counting: Counting;
  readonly #identities = new Set<string>();
  /** By key, the earliest; empty where the hits themselves are counted. */
  readonly #found: Map<string, HeldHit>;
  readonly #collected: CollectedValues;
  #foundBytes: number;
  #count = 0;
  #first = Number.POSITIVE_INFINITY as Micros;
  #last = Number.NEGATIVE_INFINITY as Micros;
  exact = true;

  constructor(counting: Counting, valuesMax: number) {
    this.#counting = counting;
    this.#found = counting.countsHits ? NOTHING_FOUND : new Map();
    this.#foundBytes = counting.countsHits ? 0 : MAP_COST;
    this.#collected = new CollectedValues(valuesMax);
  }

  /** A repeat changes nothing. `room`: bytes that its values may still take. Returns how many values were left out. */
  add({ keys, held: sighting }: CountedHit, room: number): number {
    const { at, identity } = sighting;
    if (at < this.#first) this.#first = at;
    if (at > this.#last) this.#last = at;
    const left = this.#collected.add(sighting.values, room);
    if (identity === null) this.#count++;
    else if (!this.#identities.has(identity)) {
      this.#count++;
      if (this.#identities.size < IDENTITIES_MAX) this.#identities.add(identity);
      else this.exact = false;
    }
    if (!this.#counting.countsHits) for (const key of keys) this.#find(key, sighting);
    return left;
  }

  get holds(): boolean {
    return this.#counting.holds(this.#what);
  }

  get figures(): Figures {
    const value = this.#counting.value(this.#what);
    return {
      at: this.#last,
      count: this.#count,
      ...(value === undefined ? {} : { value }),
      exact: this.exact,
      seen: [this.#first, this.#last],
      values: this.#collected.values,
      truncated: this.#collected.truncated,
    };
  }

  get bytes(): number {
    const counted = this.#identities.size * IDENTITY_COST + this.#foundBytes;
    return TALLY_COST + this.#collected.bytes + counted;
  }

  get #what(): HitsByKey {
    const found = this.#found;
    if (!this.#counting.countsHits) return found;
    return { size: this.#count, has: (key) => found.has(key), values: () => found.values() };
  }

  #find(key: string, sighting: HeldHit): void {
    const known = this.#found.get(key);
    if (known && known.at <= sighting.at) return;
    if (!known && this.#found.size >= IDENTITIES_MAX) {
      this.exact = false;
      return;
    }
    this.#found.set(key, { ...sighting, values: NO_VALUES });
    if (!known) this.#foundBytes += FOUND_COST + key.length;
  }
}
