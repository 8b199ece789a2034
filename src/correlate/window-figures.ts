import type { Detection } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { CollectedValues } from './collected-values.ts';
import type { Counting } from './counting.ts';
import type { CountedHit, HeldHit, HitsByKey } from './held-hit.ts';
import type { SavedFigures } from './saved.ts';
import type { LatestSpan } from './warm-groups.ts';

/** Identities, and keys of what is counted, that a window's figures hold; beyond them the count, or the value, is inexact. */
export const IDENTITIES_MAX = 10_000;

const FIGURES_COST = 200;
const IDENTITY_COST = 112;
const HIT_COST = 220;
const MAP_COST = 250;
const NO_VALUES = {};
const NO_HITS = new Map<string, HeldHit>();

/** The part of a detection that its hits decide. */
export type Figures = Pick<Detection, 'at' | 'count' | 'value' | 'exact' | 'seen' | 'values' | 'truncated'>;

/** The figures of one window of one group so far: how many hits, when, their values, and what the rule counts of them. */
export class WindowFigures {
  readonly #counting: Counting;
  readonly #identities = new Set<string>();
  /** By key, the earliest; empty where the hits themselves are counted. */
  readonly #hits: Map<string, HeldHit>;
  readonly #collected: CollectedValues;
  #hitBytes: number;
  #count = 0;
  #first = Number.POSITIVE_INFINITY as Micros;
  #last = Number.NEGATIVE_INFINITY as Micros;
  exact = true;

  constructor(counting: Counting, valuesMax: number) {
    this.#counting = counting;
    this.#hits = counting.countsHits ? NO_HITS : new Map();
    this.#hitBytes = counting.countsHits ? 0 : MAP_COST;
    this.#collected = new CollectedValues(valuesMax);
  }

  /** A repeat changes nothing. `room`: bytes that its values may still take. Returns how many values were left out. */
  add({ keys, held }: CountedHit, room: number): number {
    const { at, identity, values } = held;
    if (at < this.#first) this.#first = at;
    if (at > this.#last) this.#last = at;
    const left = this.#collected.add(values, room);
    if (identity === null) this.#count++;
    else if (!this.#identities.has(identity)) {
      this.#count++;
      if (this.#identities.size < IDENTITIES_MAX) this.#identities.add(identity);
      else this.exact = false;
    }
    if (!this.#counting.countsHits) for (const key of keys) this.#hold(key, held);
    return left;
  }

  get holds(): boolean {
    return this.#counting.holds(this.#counted);
  }

  get result(): Figures {
    const value = this.#counting.value(this.#counted);
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

  get latestSpan(): LatestSpan {
    return { hits: this.#counted, at: this.#last, values: this.#collected.values };
  }

  save(): SavedFigures {
    return {
      count: this.#count,
      exact: this.exact,
      first: this.#first,
      last: this.#last,
      identities: [...this.#identities],
      hits: [...this.#hits].map(([key, hit]) => ({ key, hit })),
      values: this.#collected.values,
      truncated: this.#collected.truncated,
    };
  }

  /** For figures of nothing. */
  load({ count, exact, first, last, identities, hits, values, truncated }: SavedFigures): this {
    this.#count = count;
    this.exact = exact;
    this.#first = first;
    this.#last = last;
    for (const identity of identities) this.#identities.add(identity);
    for (const { key, hit } of hits) this.#hold(key, hit);
    this.#collected.load(values, truncated);
    return this;
  }

  get bytes(): number {
    const counted = this.#identities.size * IDENTITY_COST + this.#hitBytes;
    return FIGURES_COST + this.#collected.bytes + counted;
  }

  get #counted(): HitsByKey {
    const hits = this.#hits;
    if (!this.#counting.countsHits) return hits;
    return { size: this.#count, has: (key) => hits.has(key), values: () => hits.values() };
  }

  #hold(key: string, { at, identity, input, numbers }: HeldHit): void {
    const known = this.#hits.get(key);
    if (known && known.at <= at) return;
    if (!known && this.#hits.size >= IDENTITIES_MAX) {
      this.exact = false;
      return;
    }
    this.#hits.set(key, { at, identity, input, numbers, values: NO_VALUES });
    if (!known) this.#hitBytes += HIT_COST + key.length;
  }
}
