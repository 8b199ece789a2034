import type { HeldHit } from './held-hit.ts';
import type { HitPacking } from './hit-packing.ts';
import { PackedHit } from './packed-hit.ts';
import type { SavedCell, SavedEntry } from './saved.ts';

/** The key of hits that add nothing to what is counted: a span may still end at one. */
export const NO_KEY = '';

/** What an entry takes up beside its texts, in bytes: measured, rounded up (bench memory). */
const ENTRY_COST = 136;
const LATER_COST = 112;
const KEY_COST = 48;
const LIST_COST = 300;
const MAP_COST = 450;
const MAP_ENTRY_COST = 64;

/** What one cell holds of one key: the earliest hit, and the latest where that is another. */
export class CellEntry extends PackedHit {
  /** undefined where it is the hit's identity. */
  readonly #key: string | undefined;
  readonly later: PackedHit | undefined;

  constructor(key: string, hit: PackedHit, later?: PackedHit) {
    super(hit);
    this.#key = hit.hasIdentity(key) ? undefined : key;
    this.later = later;
  }

  static load({ key, first, later }: SavedEntry, packing: HitPacking): CellEntry {
    return new CellEntry(key, packing.hold(first), later && packing.hold(later));
  }

  save(): SavedEntry {
    return { key: this.key, first: plain(this), ...(this.later && { later: plain(this.later) }) };
  }

  get key(): string {
    return this.#key ?? this.identity!;
  }

  is(key: string): boolean {
    return this.#key === undefined ? this.hasIdentity(key) : this.#key === key;
  }

  /** The entry with another hit of its key: itself where that is neither earlier nor later. */
  with(hit: HeldHit, packing: HitPacking): CellEntry {
    const last = latest(this);
    if (hit.at < this.at) {
      if (this.later) packing.release(this);
      return new CellEntry(this.key, packing.hold(hit), last);
    }
    if (hit.at <= last.at) return this;
    if (this.later) packing.release(this.later);
    return new CellEntry(this.key, this, packing.hold(hit));
  }

  get bytes(): number {
    const key = this.#key === undefined ? 0 : this.#key.length + KEY_COST;
    return ENTRY_COST + key + this.textBytes + (this.later ? LATER_COST + this.later.textBytes : 0);
  }

  release(packing: HitPacking): void {
    packing.release(this);
    if (this.later) packing.release(this.later);
  }
}

function plain({ at, identity, input, values, numbers }: PackedHit): HeldHit {
  return { at, identity, input, values, numbers };
}

/** Entries that are held in a list; more of them are held in a map. */
const LISTED_MAX = 8;

/**
 * A slice of a group's time, no longer than the rule's timespan. For a condition that only grows with the set of distinct
 * keys, k of which are enough, the k keys with the earliest first hit and the k with the latest last hit answer every span
 * exactly: a span that ends in the cell needs the earliest, one that begins in it the latest, one that covers it any k.
 * It is trimmed to those 2k whenever it reaches 3k + 1.
 */
export class TimeCell {
  /** Which slice it is. */
  readonly number: number;
  readonly #k: number;
  readonly #packing: HitPacking;
  #entries: CellEntry[] | Map<string, CellEntry> = [];
  /** Until when it is held; see `SlidingGroup`. */
  expires = 0;
  #entryBytes = 0;
  /** Keys that gave way so far. */
  trimmed = 0;

  constructor(number: number, k: number, packing: HitPacking, entries: Iterable<CellEntry> = []) {
    this.number = number;
    this.#k = k;
    this.#packing = packing;
    for (const entry of entries) this.#put(entry, undefined);
  }

  /** False where this changes nothing that is kept of the key. */
  add(key: string, hit: HeldHit): boolean {
    const known = this.#get(key);
    const entry = known ? known.with(hit, this.#packing) : new CellEntry(key, this.#packing.hold(hit));
    if (entry === known) return false;
    this.#put(entry, known);
    if (this.#size > this.#k * 3) this.#trim();
    return true;
  }

  save(): SavedCell {
    return {
      number: this.number,
      expires: this.expires,
      entries: Array.from(this.entries(), (entry) => entry.save()),
    };
  }

  /** For a cell that holds nothing. */
  load({ expires, entries }: SavedCell): void {
    this.expires = expires;
    for (const entry of entries) this.#put(CellEntry.load(entry, this.#packing), undefined);
  }

  entries(): IterableIterator<CellEntry> {
    return this.#entries.values();
  }

  /** For a group that is thrown away: it packs hits elsewhere. */
  clone(packing: HitPacking): TimeCell {
    const copy = new TimeCell(this.number, this.#k, packing, this.entries());
    copy.expires = this.expires;
    return copy;
  }

  release(): void {
    for (const entry of this.entries()) entry.release(this.#packing);
  }

  #get(key: string): CellEntry | undefined {
    if (this.#entries instanceof Map) return this.#entries.get(key);
    for (const entry of this.#entries) if (entry.is(key)) return entry;
    return undefined;
  }

  get bytes(): number {
    const room = this.#entries instanceof Map ? MAP_COST + MAP_ENTRY_COST * this.#entries.size : LIST_COST;
    return room + this.#entryBytes;
  }

  get #size(): number {
    return this.#entries instanceof Map ? this.#entries.size : this.#entries.length;
  }

  #put(entry: CellEntry, before: CellEntry | undefined): void {
    this.#entryBytes += entry.bytes - (before?.bytes ?? 0);
    const entries = this.#entries;
    if (entries instanceof Map) {
      entries.set(entry.key, entry);
    } else if (before) {
      entries[entries.indexOf(before)] = entry;
    } else if (entries.length < LISTED_MAX) {
      entries.push(entry);
    } else {
      this.#entries = new Map([...entries, entry].map((each) => [each.key, each]));
    }
  }

  #trim(): void {
    const entries = [...this.entries()];
    const keep = new Set<CellEntry>(entries.sort((a, b) => a.at - b.at).slice(0, this.#k));
    for (const entry of entries.sort((a, b) => latest(b).at - latest(a).at).slice(0, this.#k))
      keep.add(entry);
    for (const entry of entries) {
      if (keep.has(entry)) continue;
      if (this.#entries instanceof Map) this.#entries.delete(entry.key);
      this.#entryBytes -= entry.bytes;
      entry.release(this.#packing);
      this.trimmed++;
    }
    if (Array.isArray(this.#entries)) this.#entries = this.#entries.filter((entry) => keep.has(entry));
  }
}

export function latest(entry: CellEntry): PackedHit {
  return entry.later ?? entry;
}

/** The hits that are kept of the key, each once. */
export function heldHits(entry: CellEntry): readonly PackedHit[] {
  return entry.later ? [entry, entry.later] : [entry];
}
