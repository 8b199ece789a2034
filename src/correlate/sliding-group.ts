import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { Cell, type Entry } from './cell.ts';
import type { Tally } from './tally.ts';

/** How a sliding rule cuts time. A bucket is `quiet` long, on a grid from the Unix epoch; cells divide it evenly. */
export interface Grid {
  readonly timespan: number;
  readonly quiet: number;
  readonly lateness: number;
  /** Cells a bucket, so that no cell is longer than the timespan. */
  readonly cells: number;
  /** Distinct identities that qualify a span. */
  readonly least: number;
}

/** Cells a group holds at most; beyond them the one that would be forgotten first goes. Only a backlog of weeks comes near. */
export const CELLS_MAX = 512;

/** What a group's maps and marks take up beside its hits, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1200;

/** A span that meets the condition: (end - timespan, end]. */
export interface Qualified {
  readonly end: Micros;
  readonly entries: readonly Entry[];
}

/** The hits of one group of a sliding rule, as far as they decide anything. */
export class SlidingGroup {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly #grid: Grid;
  readonly #cells = new Map<number, Cell>();
  /** Buckets that fired, until when that is remembered, and whether their final figures went out. */
  readonly fired = new Map<number, { until: number; closed: boolean }>();
  /** Final figures that are still running, by bucket: only for `emit: close` and `both`. */
  readonly open = new Map<number, Tally>();
  /** Buckets whose figures closed before they fired, and until when that is remembered. */
  readonly lapsed = new Map<number, number>();
  /** When nothing that it holds can matter any more. */
  expires = 0;
  #unique = 0;

  constructor(key: string, values: readonly (string | null)[], grid: Grid) {
    this.key = key;
    this.values = values;
    this.#grid = grid;
  }

  get bytes(): number {
    let bytes = GROUP_COST + this.key.length + (this.fired.size + this.lapsed.size) * 64;
    for (const cell of this.#cells.values()) bytes += 200 + cell.bytes;
    for (const tally of this.open.values()) bytes += tally.bytes;
    return bytes;
  }

  get cells(): number {
    return this.#cells.size;
  }

  /** Returns false for a repeat that is known; `dropped` is called for each cell that gave way. */
  add(hit: Hit, dropped: () => void): boolean {
    const index = this.#cellOf(hit.at);
    let cell = this.#cells.get(index);
    if (!cell) {
      this.#makeRoom(hit.arrived, dropped);
      cell = new Cell(this.#grid.least);
      this.#cells.set(index, cell);
    }
    const { timespan, quiet, lateness } = this.#grid;
    cell.expires = Math.max(cell.expires, hit.arrived + timespan + lateness) as Micros;
    this.expires = Math.max(this.expires, hit.arrived + timespan + quiet + 2 * lateness);
    return cell.add(hit.identity ?? `#${this.#unique++}`, hit);
  }

  bucketOf(at: number): number {
    return Math.floor(at / this.#grid.quiet);
  }

  /** The earliest qualifying span that ends in the bucket and at `from` or later, before `to`. */
  qualify(bucket: number, from: number, to: number): Qualified | undefined {
    const { cells, quiet } = this.#grid;
    const begin = Math.max(from, bucket * quiet);
    const end = Math.min(to, (bucket + 1) * quiet);
    const ends = new Set<number>();
    for (let index = this.#cellOf(begin); index < (bucket + 1) * cells; index++) {
      for (const entry of this.#cells.get(index)?.entries() ?? [])
        if (entry.first >= begin && entry.first < end) ends.add(entry.first);
    }
    for (const at of [...ends].sort((a, b) => a - b)) {
      const entries = this.#within(at);
      if (entries) return { end: at as Micros, entries };
    }
    return undefined;
  }

  /** The bucket's entries, as far as they are kept. */
  *entriesOf(bucket: number): Iterable<Entry> {
    for (let index = bucket * this.#grid.cells; index < (bucket + 1) * this.#grid.cells; index++)
      yield* this.#cells.get(index)?.entries() ?? [];
  }

  /** Its hits and marks, without the running figures. */
  clone(): SlidingGroup {
    const copy = new SlidingGroup(this.key, this.values, this.#grid);
    copy.expires = this.expires;
    copy.#unique = this.#unique;
    for (const [index, cell] of this.#cells) copy.#cells.set(index, cell.clone());
    for (const [bucket, mark] of this.fired) copy.fired.set(bucket, { ...mark });
    return copy;
  }

  #cellOf(at: number): number {
    const { quiet, cells } = this.#grid;
    const bucket = Math.floor(at / quiet);
    return bucket * cells + Math.min(cells - 1, Math.floor(((at - bucket * quiet) * cells) / quiet));
  }

  /** One entry an identity of (end - timespan, end], or undefined where there are too few. */
  #within(end: number): readonly Entry[] | undefined {
    const { timespan, least } = this.#grid;
    const found = new Map<string, Entry>();
    for (let index = this.#cellOf(end - timespan); index <= this.#cellOf(end); index++) {
      for (const entry of this.#cells.get(index)?.entries() ?? [])
        if (entry.first <= end && entry.last > end - timespan) found.set(entry.identity, entry);
    }
    return found.size >= least ? [...found.values()] : undefined;
  }

  #makeRoom(now: number, dropped: () => void): void {
    let soonest: number | undefined;
    for (const [index, cell] of this.#cells) {
      if (cell.expires < now) this.#cells.delete(index);
      else if (soonest === undefined || cell.expires < this.#cells.get(soonest)!.expires) soonest = index;
    }
    for (const [bucket, { until }] of this.fired)
      if (until < now && !this.open.has(bucket)) this.fired.delete(bucket);
    for (const [bucket, until] of this.lapsed) if (until < now) this.lapsed.delete(bucket);
    if (this.#cells.size < CELLS_MAX || soonest === undefined) return;
    this.#cells.delete(soonest);
    dropped();
  }
}
