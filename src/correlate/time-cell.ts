import { cost } from './collected-values.ts';
import type { HeldHit } from './held-hit.ts';

/** What one cell holds of one key: its earliest sighting, and the latest where that is another. */
export interface CellEntry extends HeldHit {
  readonly key: string;
  readonly later?: HeldHit;
  readonly bytes: number;
}

/** The key of hits that add nothing to what is counted: a span may end at one. */
export const NO_KEY = '';

const ENTRY_COST = 160;
const LATER_COST = 80;

/**
 * A slice of a group's time, no longer than the rule's timespan. For a condition that only grows with the set of distinct
 * keys, k of which are enough, the k keys with the earliest first sighting and the k with the latest last one answer every
 * span exactly: a span that ends in the cell needs the earliest, one that begins in it the latest, one that covers it any k.
 * What is kept is trimmed to those 2k whenever it reaches 3k + 1.
 */
export class TimeCell {
  readonly #k: number;
  readonly #entries: Map<string, CellEntry>;
  /** Held until then; see `SlidingGroup`. */
  expires = 0;
  bytes = 0;
  /** Keys that gave way so far. */
  trimmed = 0;

  constructor(k: number, entries: Iterable<readonly [string, CellEntry]> = []) {
    this.#k = k;
    this.#entries = new Map(entries);
  }

  /** Returns false where this changes nothing that is kept of the key. */
  add(key: string, sighting: HeldHit): boolean {
    const known = this.#entries.get(key);
    const entry = known ? merged(known, sighting) : made(key, sighting);
    if (entry === known) return false;
    this.#entries.set(key, entry);
    this.bytes += entry.bytes - (known?.bytes ?? 0);
    if (this.#entries.size > this.#k * 3) this.#trim();
    return true;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<CellEntry> {
    return this.#entries.values();
  }

  clone(): TimeCell {
    const copy = new TimeCell(this.#k, this.#entries);
    copy.expires = this.expires;
    copy.bytes = this.bytes;
    return copy;
  }

  #trim(): void {
    const entries = [...this.#entries.values()];
    const keep = new Set<CellEntry>(entries.sort((a, b) => a.at - b.at).slice(0, this.#k));
    for (const entry of entries.sort((a, b) => latest(b).at - latest(a).at).slice(0, this.#k))
      keep.add(entry);
    for (const entry of entries) {
      if (keep.has(entry)) continue;
      this.#entries.delete(entry.key);
      this.bytes -= entry.bytes;
      this.trimmed++;
    }
  }
}

export function latest(entry: CellEntry): HeldHit {
  return entry.later ?? entry;
}

/** What is kept of the key's hits, each once. */
export function heldHits(entry: CellEntry): readonly HeldHit[] {
  return entry.later ? [entry, entry.later] : [entry];
}

function made(key: string, { at, identity, input, values, numbers }: HeldHit, later?: HeldHit): CellEntry {
  const bytes = ENTRY_COST + key.length + cost(values) + (later ? LATER_COST + cost(later.values) : 0);
  const entry = { key, at, identity, input, values, numbers, bytes };
  return later ? { ...entry, later } : entry;
}

function merged(known: CellEntry, sighting: HeldHit): CellEntry {
  if (sighting.at < known.at) return made(known.key, sighting, latest(known));
  return sighting.at > latest(known).at ? made(known.key, known, sighting) : known;
}
