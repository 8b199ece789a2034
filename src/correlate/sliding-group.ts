import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { allBuckets, type ByBucket, bucketsCost, ofBucket, withBucket, withoutBucket } from './by-bucket.ts';
import { dueTime, type Waiting } from './due-queue.ts';
import { HeldGroup } from './group-table.ts';
import type { CountedHit, HeldHit } from './held-hit.ts';
import type { FiguresShape, OpenFigures } from './open-figures.ts';
import type { PackedHit } from './packed-hit.ts';
import type { SavedSliding } from './saved.ts';
import { CellEntry, heldHits, latest, NO_KEY, TimeCell } from './time-cell.ts';
import type { LatestSpan } from './warm-groups.ts';

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

/** What a group takes up beside its hits and its key, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 320;
const MAP_COST = 300;
const MARK_COST = 80;
const OPEN_COST = 128;

/** Final figures of a bucket that has not closed. */
export interface OpenBucket extends Waiting {
  readonly group: SlidingGroup;
  readonly bucket: number;
  readonly figures: OpenFigures;
}

/** That a bucket fired, and until when that is remembered. */
export interface FiredMark {
  readonly bucket: number;
  until: number;
  /** Whether its final figures have closed. */
  closed: boolean;
  /** Whether it fired at the crossing and no result filter dropped the detection. */
  passed: boolean;
}

/** That a bucket's figures closed before it fired, and until when that is remembered. */
interface LapsedMark {
  readonly bucket: number;
  readonly until: number;
}

/** A span that meets the condition, (end - timespan, end], and what it holds by key. */
export interface Qualified {
  readonly end: Micros;
  readonly hits: ReadonlyMap<string, CellEntry>;
}

/** Called with what gave way to a bound, and how many. */
export type Lose = (what: 'cells_evicted' | 'hits_evicted', n: number) => void;

/** What the groups of a rule have in common. */
export interface SlidingShape extends FiguresShape {
  readonly grid: Grid;
}

/**
 * The hits of one group of a sliding rule whose condition only grows, as far as they decide anything. Most groups hold one
 * hit, or a few in one cell, and have not fired: they have no maps.
 */
export class SlidingGroup extends HeldGroup {
  readonly #shape: SlidingShape;
  /** Cells by number. A slice of time has one for each lane of the rule's counting. One cell stands alone, and so does one hit. */
  #cells: CellEntry | TimeCell | Map<number, TimeCell> | undefined;
  #fired: ByBucket<FiredMark>;
  /** Only for `emit: close` and `both`. */
  #open: ByBucket<OpenBucket>;
  #lapsed: ByBucket<LapsedMark>;
  /** From then on nothing that it holds can affect a later answer. */
  expires = 0;

  constructor(key: string, first: Pick<Hit, 'payer'>, shape: SlidingShape) {
    super(key, first);
    this.#shape = shape;
  }

  /** The mark of a bucket that fired. */
  fired(bucket: number): FiredMark | undefined {
    return ofBucket(this.#fired, bucket);
  }

  markFired(mark: FiredMark): void {
    this.#fired = withBucket(this.#fired, mark);
  }

  openAt(bucket: number): OpenBucket | undefined {
    return ofBucket(this.#open, bucket);
  }

  get opened(): Iterable<OpenBucket> {
    return allBuckets(this.#open);
  }

  get hasOpen(): boolean {
    return this.#open !== undefined;
  }

  addOpen(open: OpenBucket): void {
    this.#open = withBucket(this.#open, open);
  }

  removeOpen(bucket: number): void {
    this.#open = withoutBucket(this.#open, bucket);
  }

  /** Whether the bucket's figures closed before it fired. */
  lapsed(bucket: number): boolean {
    return ofBucket(this.#lapsed, bucket) !== undefined;
  }

  markLapsed(bucket: number): void {
    this.#lapsed = withBucket(this.#lapsed, { bucket, until: this.expires });
  }

  /** The only hit that it holds, if that was the only one of its key. */
  get alone(): HeldHit | undefined {
    return this.#cells instanceof CellEntry && this.#cells.later === undefined ? this.#cells : undefined;
  }

  get bytes(): number {
    let bytes = GROUP_COST + 2 * this.key.length;
    bytes += bucketsCost(this.#fired, MARK_COST) + bucketsCost(this.#lapsed, MARK_COST);
    bytes += bucketsCost(this.#open, OPEN_COST);
    const alone = this.#cells instanceof CellEntry ? this.#cells : undefined;
    for (const { figures } of this.opened) bytes += figures.bytesBeside(alone);
    if (alone) return bytes + alone.bytes;
    if (this.#cells instanceof Map) bytes += MAP_COST;
    for (const cell of this.#allCells()) bytes += cell.bytes;
    return bytes;
  }

  /** False where nothing that decides has changed, as for a repeat that is known. */
  add(counted: CountedHit, arrived: Micros, lose: Lose): boolean {
    const { markHeld, lateness } = this.#shape.grid;
    const number = this.#numberOf(counted.held);
    const known = this.#cellAt(number);
    if (!known && !this.#isAloneAt(number)) this.#makeRoom(arrived, lose);
    const changed =
      (known ? undefined : this.#addAlone(number, counted)) ??
      this.#addToCell(known ?? this.#makeCell(number), counted, arrived, lose);
    // As long as a mark that this hit makes, and the figures of its bucket, which close `lateness` after the bucket's end.
    this.expires = Math.max(this.expires, arrived + markHeld + lateness);
    return changed;
  }

  /** Time stood still for so long: all that is held is held longer by as much. */
  extend(by: number): void {
    this.expires += by;
    for (const cell of this.#allCells()) cell.expires += by;
    for (const mark of allBuckets(this.#fired)) mark.until += by;
    for (const { bucket, until } of [...allBuckets(this.#lapsed)])
      this.#lapsed = withBucket(withoutBucket(this.#lapsed, bucket), { bucket, until: until + by });
  }

  /** The hits that no detection of the group stands for: none of the buckets that they add to has fired. */
  *unreported(): Iterable<{ readonly counted: CountedHit; readonly arrived: Micros }> {
    const { hitHeld } = this.#shape.grid;
    for (const [entry, expires] of this.#held()) {
      const keys = entry.key === NO_KEY ? [] : [entry.key];
      for (const held of heldHits(entry))
        if (!this.#isReported(held.at))
          yield { counted: { keys, held }, arrived: (expires - hitHeld) as Micros };
    }
  }

  /** What the span holds that ends at its latest hit. */
  get latestSpan(): LatestSpan | undefined {
    let last: PackedHit | undefined;
    for (const [entry] of this.#held()) {
      const hit = latest(entry);
      if (last === undefined || hit.at > last.at) last = hit;
    }
    if (last === undefined) return undefined;
    const { at, values } = last;
    return { hits: this.#between(at - this.#shape.grid.timespan, at), at, values };
  }

  bucketOf(at: number): number {
    return Math.floor(at / this.#shape.grid.quiet);
  }

  /** The earliest qualifying span that ends in the bucket, at `from` or later, and before `to`. */
  qualify(bucket: number, from: number, to: number): Qualified | undefined {
    const { quiet, timespan } = this.#shape.grid;
    const begin = Math.max(from, bucket * quiet);
    const end = Math.min(to, (bucket + 1) * quiet);
    const ends = new Set<Micros>();
    for (const { at } of this.#entries(this.#sliceOf(begin), this.#sliceOf(end - 1)))
      if (at >= begin && at < end) ends.add(at);
    const sorted = [...ends].sort((a, b) => a - b);
    // No span holds more than all of them together. Without this, hits that come in reverse order would each be slow.
    const all = sorted.length > 1 ? this.#between(sorted[0]! - timespan, sorted.at(-1)!) : undefined;
    if (all && !this.#shape.counting.holds(all)) return undefined;
    for (const at of sorted) {
      const hits = this.#between(at - timespan, at);
      if (this.#shape.counting.holds(hits)) return { end: at, hits };
    }
    return undefined;
  }

  /** What the cells of a bucket hold. */
  entriesOf(bucket: number): Iterable<CellEntry> {
    const { cells } = this.#shape.grid;
    return this.#entries(bucket * cells, (bucket + 1) * cells - 1);
  }

  /** Its hits and marks, without open figures. `shape`: the copy's, which packs hits elsewhere, to be thrown away. */
  clone(shape: SlidingShape): SlidingGroup {
    const { packing } = shape;
    const copy = new SlidingGroup(this.key, this, shape);
    copy.expires = this.expires;
    copy.#cells =
      this.#cells instanceof Map
        ? new Map(Array.from(this.#cells, ([number, cell]) => [number, cell.clone(packing)]))
        : this.#cells instanceof TimeCell
          ? this.#cells.clone(packing)
          : this.#cells;
    for (const mark of allBuckets(this.#fired)) copy.markFired({ ...mark });
    return copy;
  }

  override release(): void {
    this.#releaseCells();
    for (const { figures } of this.opened) figures.release();
  }

  save(): SavedSliding {
    const alone = this.#cells instanceof CellEntry ? this.#cells : undefined;
    return {
      kind: 'sliding',
      expires: this.expires,
      cells: alone
        ? [{ number: this.#numberOf(alone), expires: this.#aloneExpires, entries: [alone.save()] }]
        : Array.from(this.#allCells(), (cell) => cell.save()),
      fired: Array.from(allBuckets(this.#fired), (mark) => ({ ...mark })),
      lapsed: [...allBuckets(this.#lapsed)],
      open: Array.from(this.opened, (open) => ({
        number: open.bucket,
        closes: dueTime(open),
        figures: open.figures.save(),
      })),
    };
  }

  /** Without open figures. */
  load({ expires, cells, fired, lapsed }: SavedSliding): void {
    const { packing } = this.#shape;
    this.expires = expires;
    const [first, ...others] = cells;
    const [alone, ...more] = others.length === 0 ? (first?.entries ?? []) : [];
    if (alone && more.length === 0 && first!.expires === this.#aloneExpires)
      this.#cells = CellEntry.load(alone, packing);
    else for (const cell of cells) this.#makeCell(cell.number).load(cell);
    for (const mark of fired) this.markFired({ ...mark });
    for (const mark of lapsed) this.#lapsed = withBucket(this.#lapsed, mark);
  }

  /** All entries, and until when each is held. */
  *#held(): Iterable<readonly [CellEntry, number]> {
    if (this.#cells instanceof CellEntry) yield [this.#cells, this.#aloneExpires];
    for (const cell of this.#allCells()) for (const entry of cell.entries()) yield [entry, cell.expires];
  }

  #isReported(at: number): boolean {
    const last = this.bucketOf(at + this.#shape.grid.timespan - 1);
    for (let bucket = this.bucketOf(at); bucket <= last; bucket++) if (this.fired(bucket)) return true;
    return false;
  }

  #sliceOf(at: number): number {
    const { quiet, cells } = this.#shape.grid;
    const bucket = Math.floor(at / quiet);
    return bucket * cells + Math.min(cells - 1, Math.floor(((at - bucket * quiet) * cells) / quiet));
  }

  #numberOf({ at, input }: Pick<HeldHit, 'at' | 'input'>): number {
    const { counting } = this.#shape;
    return this.#sliceOf(at) * counting.lanes.length + counting.lane(input);
  }

  /** All cells but that of a hit which stands alone. */
  #allCells(): Iterable<TimeCell> {
    if (this.#cells instanceof Map) return this.#cells.values();
    return this.#cells instanceof TimeCell ? [this.#cells] : [];
  }

  #cellAt(number: number): TimeCell | undefined {
    const cells = this.#cells;
    if (cells instanceof Map) return cells.get(number);
    return cells instanceof TimeCell && cells.number === number ? cells : undefined;
  }

  /** Whether one hit stands alone, in the place of this cell. */
  #isAloneAt(number: number): boolean {
    return this.#cells instanceof CellEntry && this.#numberOf(this.#cells) === number;
  }

  /** undefined where that is not the only hit that the group then holds. */
  #addAlone(number: number, { keys, held }: CountedHit): boolean | undefined {
    if (keys.length > 1) return undefined;
    const { packing } = this.#shape;
    const [key = NO_KEY] = keys;
    const alone = this.#cells;
    if (alone === undefined) {
      this.#cells = new CellEntry(key, packing.hold(held));
      return true;
    }
    if (!(alone instanceof CellEntry) || !this.#isAloneAt(number) || !alone.is(key)) return undefined;
    const entry = alone.with(held, packing);
    this.#cells = entry;
    return entry !== alone;
  }

  #addToCell(cell: TimeCell, { keys, held }: CountedHit, arrived: Micros, lose: Lose): boolean {
    const { grid, counting } = this.#shape;
    cell.expires = Math.max(cell.expires, arrived + grid.hitHeld);
    const before = cell.trimmed;
    let changed = false;
    for (const key of keys) changed = cell.add(key, held) || changed;
    if (keys.length === 0) changed = cell.add(NO_KEY, held);
    if (counting.lossy && cell.trimmed > before) lose('hits_evicted', cell.trimmed - before);
    return changed;
  }

  /** For a number that has no cell, or a hit that stands alone. */
  #makeCell(number: number): TimeCell {
    const { counting, packing } = this.#shape;
    if (this.#cells instanceof CellEntry) {
      const alone = this.#cells;
      this.#cells = new TimeCell(this.#numberOf(alone), counting.kept, packing, [alone]);
      this.#cells.expires = this.#aloneExpires;
      if (this.#cells.number === number) return this.#cells;
    }
    const cells = this.#cells;
    const made = new TimeCell(number, counting.kept, packing);
    if (cells === undefined) this.#cells = made;
    else if (cells instanceof Map) cells.set(number, made);
    else
      this.#cells = new Map([
        [cells.number, cells],
        [number, made],
      ]);
    return made;
  }

  /** Until when a hit that stands alone is held. */
  get #aloneExpires(): number {
    const { markHeld, lateness, hitHeld } = this.#shape.grid;
    return this.expires - markHeld - lateness + hitHeld;
  }

  /** What the cells of the slices of time from one to another hold, both included. */
  *#entries(from: number, to: number): Iterable<CellEntry> {
    const cells = this.#cells;
    const lanes = this.#shape.counting.lanes.length;
    const [first, last] = [from * lanes, (to + 1) * lanes - 1];
    if (cells instanceof CellEntry) {
      const number = this.#numberOf(cells);
      if (number >= first && number <= last) yield cells;
    } else if (cells instanceof TimeCell) {
      if (cells.number >= first && cells.number <= last) yield* cells.entries();
    } else if (cells) {
      for (let number = first; number <= last; number++) {
        const cell = cells.get(number);
        if (cell) yield* cell.entries();
      }
    }
  }

  /** What (start, end] holds. */
  #between(start: number, end: number): ReadonlyMap<string, CellEntry> {
    const hits = new Map<string, CellEntry>();
    for (const entry of this.#entries(this.#sliceOf(start), this.#sliceOf(end)))
      if (entry.at <= end && latest(entry).at > start && entry.key !== NO_KEY) hits.set(entry.key, entry);
    return hits;
  }

  /** For one more cell. */
  #makeRoom(now: number, lose: Lose): void {
    this.#forgetMarks(now);
    const cells = this.#cells;
    if (!(cells instanceof Map)) {
      const expires = cells instanceof TimeCell ? cells.expires : this.#aloneExpires;
      if (expires < now) this.#releaseCells();
      return;
    }
    let soonest: TimeCell | undefined;
    for (const cell of cells.values()) {
      if (cell.expires < now) this.#forgetCell(cells, cell);
      else if (soonest === undefined || cell.expires < soonest.expires) soonest = cell;
    }
    if (cells.size < CELLS_MAX || soonest === undefined) return;
    this.#forgetCell(cells, soonest);
    lose('cells_evicted', 1);
  }

  #releaseCells(): void {
    if (this.#cells instanceof CellEntry) this.#cells.release(this.#shape.packing);
    for (const cell of this.#allCells()) cell.release();
    this.#cells = undefined;
  }

  #forgetCell(cells: Map<number, TimeCell>, cell: TimeCell): void {
    cells.delete(cell.number);
    cell.release();
  }

  #forgetMarks(now: number): void {
    for (const { bucket, until } of allBuckets(this.#fired))
      if (until < now && !this.openAt(bucket)) this.#fired = withoutBucket(this.#fired, bucket);
    for (const { bucket, until } of allBuckets(this.#lapsed))
      if (until < now) this.#lapsed = withoutBucket(this.#lapsed, bucket);
  }
}
