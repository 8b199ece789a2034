import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import type { Counting } from './counting.ts';
import { HeldGroup } from './group-table.ts';
import type { CountedHit } from './held-hit.ts';
import type { SavedSliding } from './saved.ts';
import { type CellEntry, latest, NO_KEY, savedEntry, TimeCell } from './time-cell.ts';
import type { WindowFigures } from './window-figures.ts';

/** How a sliding rule cuts time. A bucket is `quiet` long, on a grid from the Unix epoch; cells divide it evenly. */
export interface Grid {
  readonly timespan: number;
  readonly quiet: number;
  readonly lateness: number;
  /** Cells in a bucket: so many that no cell is longer than the timespan. */
  readonly cells: number;
  /** How long after its arrival a hit can be in one span with a hit that comes in time. */
  readonly hitHeld: number;
  /** How long after a hit's arrival a hit of the same bucket, or one that makes that bucket fire, can come in time. */
  readonly markHeld: number;
}

export function gridOf(timespan: number, quiet: number, lateness: number): Grid {
  const hitHeld = timespan + lateness;
  const cells = Math.ceil(quiet / timespan);
  return { timespan, quiet, lateness, cells, hitHeld, markHeld: quiet + hitHeld };
}

/** Cells that a group holds at most; beyond them the one that would be forgotten first gives way. Only a backlog of weeks comes near. */
export const CELLS_MAX = 512;

/** What a group's maps and marks take up beside its hits, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1250;
const MARK_COST = 64;
const CELL_COST = 200;

/** Final figures of a bucket that has not closed. */
export interface OpenBucket {
  readonly group: SlidingGroup;
  readonly bucket: number;
  readonly figures: WindowFigures;
  closes: Micros;
}

/** That a bucket fired, and until when that is remembered. */
interface Mark {
  until: number;
  /** Whether its final figures have closed. */
  closed: boolean;
  /** Whether it fired at the crossing and no result filter dropped the detection. */
  passed: boolean;
}

/** A span that meets the condition, (end - timespan, end], and what it holds by key. */
export interface Qualified {
  readonly end: Micros;
  readonly hits: ReadonlyMap<string, CellEntry>;
}

/** Called with what gave way to a bound, and how many. */
export type Lose = (what: 'cells_evicted' | 'hits_evicted', n: number) => void;

/** The hits of one group of a sliding rule whose condition only grows, as far as they decide anything. */
export class SlidingGroup extends HeldGroup {
  readonly #grid: Grid;
  readonly #counting: Counting;
  /** By number. A slice of time has one for each lane of the rule's counting. */
  readonly #cells = new Map<number, TimeCell>();
  /** Buckets that fired. */
  readonly fired = new Map<number, Mark>();
  /** By bucket: only for `emit: close` and `both`. */
  readonly open = new Map<number, OpenBucket>();
  /** Buckets whose figures closed before they fired, and until when that is remembered. */
  readonly lapsed = new Map<number, number>();
  /** From then on nothing that it holds can affect a later answer. */
  expires = 0;

  constructor(key: string, first: Pick<Hit, 'group' | 'payer'>, grid: Grid, counting: Counting) {
    super(key, first);
    this.#grid = grid;
    this.#counting = counting;
  }

  get bytes(): number {
    let bytes = GROUP_COST + this.key.length + (this.fired.size + this.lapsed.size) * MARK_COST;
    for (const cell of this.#cells.values()) bytes += CELL_COST + cell.bytes;
    for (const { figures } of this.open.values()) bytes += figures.bytes;
    return bytes;
  }

  /** False where nothing that decides has changed, as for a repeat that is known. */
  add({ keys, held }: CountedHit, arrived: Micros, lose: Lose): boolean {
    const { lanes, lossy } = this.#counting;
    const number = this.#sliceOf(held.at) * lanes.length + this.#counting.lane(held.input);
    let cell = this.#cells.get(number);
    if (!cell) {
      this.#makeRoom(arrived, lose);
      cell = new TimeCell(this.#counting.kept);
      this.#cells.set(number, cell);
    }
    const { hitHeld, markHeld, lateness } = this.#grid;
    cell.expires = Math.max(cell.expires, arrived + hitHeld);
    // As long as a mark that this hit makes, and the figures of its bucket, which close `lateness` after the bucket's end.
    this.expires = Math.max(this.expires, arrived + markHeld + lateness);
    const before = cell.trimmed;
    let changed = false;
    for (const key of keys) changed = cell.add(key, held) || changed;
    if (keys.length === 0) changed = cell.add(NO_KEY, held);
    if (lossy && cell.trimmed > before) lose('hits_evicted', cell.trimmed - before);
    return changed;
  }

  bucketOf(at: number): number {
    return Math.floor(at / this.#grid.quiet);
  }

  /** The earliest qualifying span that ends in the bucket, at `from` or later, and before `to`. */
  qualify(bucket: number, from: number, to: number): Qualified | undefined {
    const { quiet, timespan } = this.#grid;
    const begin = Math.max(from, bucket * quiet);
    const end = Math.min(to, (bucket + 1) * quiet);
    const ends = new Set<Micros>();
    for (const { at } of this.#entries(this.#sliceOf(begin), this.#sliceOf(end - 1)))
      if (at >= begin && at < end) ends.add(at);
    const sorted = [...ends].sort((a, b) => a - b);
    // No span holds more than all of them together. Without this, hits that come in reverse order would each be slow.
    const all = sorted.length > 1 ? this.#between(sorted[0]! - timespan, sorted.at(-1)!) : undefined;
    if (all && !this.#counting.holds(all)) return undefined;
    for (const at of sorted) {
      const hits = this.#between(at - timespan, at);
      if (this.#counting.holds(hits)) return { end: at, hits };
    }
    return undefined;
  }

  /** What the cells of a bucket hold. */
  entriesOf(bucket: number): Iterable<CellEntry> {
    const { cells } = this.#grid;
    return this.#entries(bucket * cells, (bucket + 1) * cells - 1);
  }

  /** Its hits and marks, without open figures. */
  clone(): SlidingGroup {
    const copy = new SlidingGroup(
      this.key,
      { group: this.values, payer: this.payer },
      this.#grid,
      this.#counting,
    );
    copy.expires = this.expires;
    for (const [number, cell] of this.#cells) copy.#cells.set(number, cell.clone());
    for (const [bucket, mark] of this.fired) copy.fired.set(bucket, { ...mark });
    return copy;
  }

  save(): SavedSliding {
    return {
      kind: 'sliding',
      expires: this.expires,
      cells: [...this.#cells].map(([number, cell]) => ({
        number,
        expires: cell.expires,
        entries: [...cell.entries()].map(savedEntry),
      })),
      fired: [...this.fired].map(([bucket, mark]) => ({ bucket, ...mark })),
      lapsed: [...this.lapsed].map(([bucket, until]) => ({ bucket, until })),
      open: [...this.open.values()].map(({ bucket, closes, figures }) => ({
        number: bucket,
        closes,
        figures: figures.save(),
      })),
    };
  }

  /** Without open figures. */
  load({ expires, cells, fired, lapsed }: SavedSliding): void {
    this.expires = expires;
    for (const { number, expires: until, entries } of cells) {
      const cell = new TimeCell(this.#counting.kept);
      cell.expires = until;
      for (const entry of entries) cell.load(entry);
      this.#cells.set(number, cell);
    }
    for (const { bucket, ...mark } of fired) this.fired.set(bucket, mark);
    for (const { bucket, until } of lapsed) this.lapsed.set(bucket, until);
  }

  #sliceOf(at: number): number {
    const { quiet, cells } = this.#grid;
    const bucket = Math.floor(at / quiet);
    return bucket * cells + Math.min(cells - 1, Math.floor(((at - bucket * quiet) * cells) / quiet));
  }

  /** What the cells of the slices of time from one to another hold, both included. */
  *#entries(from: number, to: number): Iterable<CellEntry> {
    const lanes = this.#counting.lanes.length;
    for (let number = from * lanes; number < (to + 1) * lanes; number++) {
      const cell = this.#cells.get(number);
      if (cell) yield* cell.entries();
    }
  }

  /** What (start, end] holds. */
  #between(start: number, end: number): ReadonlyMap<string, CellEntry> {
    const hits = new Map<string, CellEntry>();
    for (const entry of this.#entries(this.#sliceOf(start), this.#sliceOf(end)))
      if (entry.at <= end && latest(entry).at > start && entry.key !== NO_KEY) hits.set(entry.key, entry);
    return hits;
  }

  #makeRoom(now: number, lose: Lose): void {
    let soonest: number | undefined;
    for (const [number, cell] of this.#cells) {
      if (cell.expires < now) this.#cells.delete(number);
      else if (soonest === undefined || cell.expires < this.#cells.get(soonest)!.expires) soonest = number;
    }
    for (const [bucket, { until }] of this.fired)
      if (until < now && !this.open.has(bucket)) this.fired.delete(bucket);
    for (const [bucket, until] of this.lapsed) if (until < now) this.lapsed.delete(bucket);
    if (this.#cells.size < CELLS_MAX || soonest === undefined) return;
    this.#cells.delete(soonest);
    lose('cells_evicted', 1);
  }
}
