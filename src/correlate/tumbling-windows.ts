import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { allBuckets, type ByBucket, bucketsCost, ofBucket, withBucket, withoutBucket } from './by-bucket.ts';
import { Counting } from './counting.ts';
import { dueTime, type Waiting } from './due-queue.ts';
import { HeldGroup } from './group-table.ts';
import { byKey, GroupWindows } from './group-windows.ts';
import { HitPacking } from './hit-packing.ts';
import { type FiguresShape, OpenFigures } from './open-figures.ts';
import {
  type BacklogBounds,
  type Context,
  closesAt,
  countIfLate,
  detectionId,
  detectionOf,
  type Fire,
  windowOf,
} from './rule-windows.ts';
import type { SavedHead, SavedState, SaveTo } from './saved.ts';
import type { Warmth } from './warm-groups.ts';

const DAY = 86_400_000_000;
/** What a group and its maps take up beside its figures, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 280;
const WINDOW_COST = 128;

interface OpenWindow extends Waiting {
  readonly group: TumblingGroup;
  /** Its start. */
  readonly bucket: number;
  readonly figures: OpenFigures;
}

/** Sidewatch was away `from` a time; hits of windows that ended meanwhile are in time `until` another one. */
interface Grace {
  readonly from: Micros;
  readonly until: Micros;
}

class TumblingGroup extends HeldGroup {
  /** By their start. */
  windows: ByBucket<OpenWindow>;

  get bytes(): number {
    let bytes = GROUP_COST + 2 * this.key.length + bucketsCost(this.windows, WINDOW_COST);
    for (const { figures } of allBuckets(this.windows)) bytes += figures.bytesBeside();
    return bytes;
  }

  override release(): void {
    for (const { figures } of allBuckets(this.windows)) figures.release();
  }
}

/** Windows [n * timespan + offset, + timespan) that fire once, when they close, with final values. */
export class TumblingWindows extends GroupWindows<TumblingGroup, OpenWindow> {
  readonly #window: Extract<Rule['window'], { kind: 'tumbling' }>;
  readonly #backlog: BacklogBounds;
  readonly #shape: FiguresShape;
  #grace: Grace | undefined;

  constructor(rule: Rule, context: Context) {
    super(rule, context);
    this.#window = windowOf(rule, 'tumbling');
    const { lateness, late } = this.#window;
    this.#backlog =
      late === 'drop'
        ? { lateness, behind: Number.POSITIVE_INFINITY, ahead: DAY }
        : { lateness, behind: lateness, ahead: lateness };
    this.#shape = {
      counting: new Counting(rule),
      packing: new HitPacking(),
      valuesMax: context.limits.values,
    };
  }

  override get bytes(): number {
    return this.table.bytes + this.#shape.packing.bytes;
  }

  add(hit: Hit, room: number, fire: Fire): void {
    const { counters } = this.context;
    const { lateness, late } = this.#window;
    const start = this.#startOf(hit);
    countIfLate(this.rule, hit, this.context);
    const closes = start + this.rule.timespan + lateness;
    if (late === 'drop' && hit.arrived >= closes && !this.#inGrace(hit, closes)) {
      counters.add('hits_late_dropped', 1, this.rule.id);
      return;
    }
    const group = this.table.of(hit);
    const { figures } = ofBucket(group.windows, start) ?? this.#open(group, start, hit);
    const left = figures.add(this.#shape.counting.read(hit, counters), room);
    this.table.measure(group);
    if (left > 0) counters.add('values_cut', left, this.rule.id);
    this.table.keepBound(fire);
  }

  /** Of its latest window. */
  protected override warmth(group: TumblingGroup): Warmth | undefined {
    let last: OpenWindow | undefined;
    for (const open of allBuckets(group.windows))
      if (last === undefined || open.bucket > last.bucket) last = open;
    const span = last?.figures.latestSpan;
    if (!span) return undefined;
    const { hits, at, values } = span;
    return { ...this.#shape.counting.progress(hits), at, values, fired: false };
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const open = this.due.first(now);
    if (!open) return false;
    const { group } = open;
    // While it still waits, so that a snapshot knows when it is due.
    this.table.changes(group);
    this.#close(open, false, fire);
    if (group.windows === undefined) this.table.forget(group);
    else this.table.measure(group);
    return true;
  }

  override resume(from: Micros, now: Micros): void {
    const before = this.#grace;
    // A stay away in the grace of the one before it is one with it.
    const since = before !== undefined && from < before.until ? before.from : from;
    this.#grace = { from: since, until: (now + this.#window.lateness) as Micros };
    super.resume(from, now);
  }

  override beginSaving(to: SaveTo): SavedHead {
    return {
      ...super.beginSaving(to),
      unnamed: this.#shape.counting.unnamed,
      ...(this.#grace && { grace: this.#grace }),
    };
  }

  override restoreHead(head: SavedHead): void {
    super.restoreHead(head);
    this.#shape.counting.unnamed = head.unnamed;
    this.#grace = head.grace;
  }

  protected order(a: OpenWindow, b: OpenWindow): number {
    return byKey(a.group, b.group) || a.bucket - b.bucket;
  }

  protected make(key: string, first: Pick<Hit, 'group' | 'payer'>): TumblingGroup {
    return new TumblingGroup(key, first);
  }

  protected save(group: TumblingGroup): SavedState {
    const open = Array.from(allBuckets(group.windows), (window) => ({
      number: window.bucket,
      closes: dueTime(window),
      figures: window.figures.save(),
    }));
    return { kind: 'tumbling', open };
  }

  protected load(group: TumblingGroup, saved: SavedState): void {
    if (saved.kind !== 'tumbling')
      throw new Error(`${this.rule.id} is tumbling, its snapshot is ${saved.kind}`);
    for (const { number, closes, figures } of saved.open)
      this.#hold(group, number, closes as Micros, new OpenFigures(this.#shape).load(figures));
  }

  protected postpone(open: OpenWindow, now: Micros): void {
    this.due.add((now + this.#window.lateness) as Micros, open);
  }

  protected cut(group: TumblingGroup, fire: Fire): void {
    for (const open of allBuckets(group.windows)) this.#close(open, true, fire);
  }

  #startOf(hit: Hit): number {
    const { timespan } = this.rule;
    const { offset } = this.#window;
    return Math.floor((hit.at - offset) / timespan) * timespan + offset;
  }

  #open(group: TumblingGroup, start: number, hit: Hit): OpenWindow {
    const { timespan } = this.rule;
    const closes = closesAt(hit, start + timespan, timespan, this.#backlog);
    const graced = this.#inGrace(hit, closes) ? this.#grace!.until : closes;
    return this.#hold(group, start, graced, new OpenFigures(this.#shape));
  }

  #hold(group: TumblingGroup, start: number, closes: Micros, figures: OpenFigures): OpenWindow {
    const open = { group, bucket: start, figures, due: undefined };
    group.windows = withBucket(group.windows, open);
    this.due.add(closes, open);
    return open;
  }

  /** Whether a window that would have closed while Sidewatch was away still takes the hit. */
  #inGrace({ arrived }: Hit, closes: number): boolean {
    const grace = this.#grace;
    return grace !== undefined && closes > grace.from && closes < grace.until && arrived < grace.until;
  }

  #close(open: OpenWindow, cut: boolean, fire: Fire): void {
    const { group, bucket: start, figures } = open;
    group.windows = withoutBucket(group.windows, start);
    this.due.remove(open);
    if (figures.holds)
      fire({
        ...detectionOf(this.rule, group.values, figures.result, cut),
        id: detectionId(this.rule, group.values, start),
        window: [start as Micros, (start + this.rule.timespan) as Micros],
      });
    figures.release();
  }
}
