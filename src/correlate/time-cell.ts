import { cost } from './collected-values.ts';
import type { HeldHit } from './held-hit.ts';
import type { SavedEntry } from './saved.ts';

/** What one cell holds of one key: the earliest hit, and the latest where that is another. */
export interface CellEntry extends HeldHit {
  readonly key: string;
  readonly later?: HeldHit;
  readonly bytes: number;
}

/** The key of hits that add nothing to what is counted: a span may still end at one. */
export const NO_KEY = '';

const ENTRY_COST = 160;
const LATER_COST = 80;

/**
 * A slice of a group's time, no longer than the rule's timespan. For a condition that only grows with the set of distinct
 * keys, k of which are enough, the k keys with the earliest first hit and the k with the latest last hit answer every span
 * exactly: a span that ends in the cell needs the earliest, one that begins in it the latest, one that covers it any k.
 * It is trimmed to those 2k whenever it reaches 3k + 1.
 */
export class TimeCell {
  readonly #k: number;
  readonly #entries: Map<string, CellEntry>;
  /** Until when it is held; see `SlidingGroup`. */
  expires = 0;
  bytes = 0;
  /** Keys that gave way so far. */
  trimmed = 0;

  constructor(k: number, entries: Iterable<readonly [string, CellEntry]> = []) {
    this.#k = k;
    this.#entries = new Map(entries);
  }

  /** False where this changes nothing that is kept of the key. */
  add(key: string, hit: HeldHit): boolean {
    const known = this.#entries.get(key);
    const entry = known ? merged(known, hit) : made(key, hit);
    if (entry === known) return false;
    this.#entries.set(key, entry);
    this.bytes += entry.bytes - (known?.bytes ?? 0);
    if (this.#entries.size > this.#k * 3) this.#trim();
    return true;
  }

  load({ key, first, later }: SavedEntry): void {
    const entry = made(key, first, later);
    this.#entries.set(key, entry);
    this.bytes += entry.bytes;
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

export function savedEntry({ key, at, identity, input, values, numbers, later }: CellEntry): SavedEntry {
  return { key, first: { at, identity, input, values, numbers }, ...(later ? { later } : {}) };
}

/** The hits that are kept of the key, each once. */
export function heldHits(entry: CellEntry): readonly HeldHit[] {
  return entry.later ? [entry, entry.later] : [entry];
}

function made(key: string, { at, identity, input, values, numbers }: HeldHit, later?: HeldHit): CellEntry {
  const bytes = ENTRY_COST + key.length + cost(values) + (later ? LATER_COST + cost(later.values) : 0);
  const entry = { key, at, identity, input, values, numbers, bytes };
  return later ? { ...entry, later } : entry;
}

function merged(known: CellEntry, hit: HeldHit): CellEntry {
  if (hit.at < known.at) return made(known.key, hit, latest(known));
  return hit.at > latest(known).at ? made(known.key, known, hit) : known;
}
