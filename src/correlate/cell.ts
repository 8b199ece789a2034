import type { Hit, Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected.ts';

/** One identity's hits within one cell. */
export interface Entry {
  readonly identity: string;
  first: Micros;
  last: Micros;
  readonly values: Values;
  readonly bytes: number;
}

const ENTRY_COST = 160;

/**
 * A slice of a group's time, no longer than the rule's timespan. For a condition that only grows (at least k distinct
 * identities) the k identities with the earliest first hit and the k with the latest last hit answer every span exactly:
 * a span that ends in the cell needs the earliest, one that begins in it the latest, one that covers it any k.
 * What is kept is trimmed to those 2k whenever it reaches 3k + 1.
 */
export class Cell {
  readonly #k: number;
  readonly #entries = new Map<string, Entry>();
  /** Held until then; see `SlidingGroup`. */
  expires: Micros = 0 as Micros;
  bytes = 0;

  constructor(k: number) {
    this.#k = k;
  }

  /** `identity` stands for the hit's own where that is null. Returns false for a known (identity, at). */
  add(identity: string, hit: Hit): boolean {
    const known = this.#entries.get(identity);
    if (known) {
      if (hit.at === known.first || hit.at === known.last) return false;
      if (hit.at < known.first) known.first = hit.at;
      if (hit.at > known.last) known.last = hit.at;
      return true;
    }
    const entry: Entry = {
      identity,
      first: hit.at,
      last: hit.at,
      values: hit.values,
      bytes: ENTRY_COST + identity.length + cost(hit.values),
    };
    this.#entries.set(identity, entry);
    this.bytes += entry.bytes;
    if (this.#entries.size > this.#k * 3) this.#trim();
    return true;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  clone(): Cell {
    const copy = new Cell(this.#k);
    copy.expires = this.expires;
    copy.bytes = this.bytes;
    for (const [identity, entry] of this.#entries) copy.#entries.set(identity, { ...entry });
    return copy;
  }

  #trim(): void {
    const entries = [...this.#entries.values()];
    const keep = new Set<Entry>(entries.sort((a, b) => a.first - b.first).slice(0, this.#k));
    for (const entry of entries.sort((a, b) => b.last - a.last).slice(0, this.#k)) keep.add(entry);
    for (const entry of entries) {
      if (keep.has(entry)) continue;
      this.#entries.delete(entry.identity);
      this.bytes -= entry.bytes;
    }
  }
}
