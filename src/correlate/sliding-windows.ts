import { digest } from '../lib/digest.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import { meets } from '../semantics/condition.ts';
import { CollectedValues } from './collected-values.ts';
import { Counting } from './counting.ts';
import type { Folding } from './group-table.ts';
import { byKey, GroupWindows } from './group-windows.ts';
import type { CountedHit, HeldHit } from './held-hit.ts';
import { HitPacking } from './hit-packing.ts';
import { OpenFigures } from './open-figures.ts';
import { foldedFigures, foldedHit, OverflowGroup } from './overflow-group.ts';
import {
  type Context,
  closesAt,
  countIfLate,
  detectionId,
  detectionOf,
  type Fire,
  windowOf,
} from './rule-windows.ts';
import type { SavedHead, SavedState, SaveTo } from './saved.ts';
import {
  type FiredMark,
  gridOf,
  type Lose,
  type OpenBucket,
  type Qualified,
  SlidingGroup,
  type SlidingShape,
} from './sliding-group.ts';
import { heldHits, NO_KEY } from './time-cell.ts';
import type { Warmth } from './warm-groups.ts';
import type { Figures } from './window-figures.ts';

const NOTHING_LOST: Lose = () => {};

/**
 * Spans (t - timespan, t] of a rule whose condition only grows. A group fires once for each bucket of `quiet` that holds a
 * qualifying hit, at once.
 */
export class SlidingWindows extends GroupWindows<SlidingGroup, OpenBucket> {
  readonly #shape: SlidingShape;
  readonly #lose: Lose;
  /** Whether one hit is enough: then it adds to no bucket but its own. */
  readonly #oneIsEnough: boolean;

  constructor(rule: Rule, context: Context) {
    super(rule, context);
    const { quiet, lateness } = windowOf(rule, 'sliding');
    this.#shape = {
      grid: gridOf(rule.timespan, quiet, lateness),
      counting: new Counting(rule),
      packing: new HitPacking(),
      valuesMax: context.limits.values,
    };
    this.#lose = (what, n) => context.counters.add(what, n, rule.id);
    this.#oneIsEnough = rule.kind === 'event_count' && meets(1, rule.condition);
  }

  override get bytes(): number {
    return this.table.bytes + this.#shape.packing.bytes;
  }

  add(hit: Hit, room: number, fire: Fire): void {
    countIfLate(this.rule, hit, this.context);
    const group = this.table.of(hit);
    const counted = this.#shape.counting.read(hit, this.context.counters);
    const changed = group.add(counted, hit.arrived, this.#lose);
    if (this.rule.emit !== 'crossing') this.#addFigures(group, hit, counted, changed, room);
    if (changed) this.#fireBuckets(group, hit, fire);
    this.table.measure(group);
    this.table.keepBound(fire);
  }

  idle(values: Hit['group'], at: Micros): boolean {
    const group = this.rule.emit === 'crossing' ? this.table.peek(values) : undefined;
    if (group === undefined) return false;
    const last = group.bucketOf(this.#oneIsEnough ? at : at + this.#shape.grid.timespan - 1);
    for (let bucket = group.bucketOf(at); bucket <= last; bucket++) if (!group.fired(bucket)) return false;
    return true;
  }

  override preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    const copies = new Map<string, SlidingGroup>();
    const shape = { ...this.#shape, packing: new HitPacking() };
    return hits.map((hit) => {
      const key = JSON.stringify(hit.group);
      const group = copies.get(key) ?? this.table.peek(hit.group)?.clone(shape) ?? this.make(key, hit, shape);
      copies.set(key, group);
      if (!group.add(this.#shape.counting.read(hit), hit.arrived, NOTHING_LOST)) return undefined;
      const [first] = this.#qualify(group, hit);
      return first && this.#id(group, first[0]);
    });
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const open = this.due.first(now);
    if (!open) return false;
    // While it still waits, so that a snapshot knows when it is due.
    this.table.changes(open.group);
    this.#close(open, false, fire);
    this.table.measure(open.group);
    return true;
  }

  protected override warmth(group: SlidingGroup): Warmth | undefined {
    const span = group.latestSpan;
    if (!span) return undefined;
    const { hits, at, values } = span;
    const fired = group.fired(group.bucketOf(at)) !== undefined;
    return { ...this.#shape.counting.progress(hits), at, values, fired };
  }

  override expire(now: Micros): void {
    this.table.expire((group) => group.expires < now && !group.hasOpen);
  }

  override resume(from: Micros, now: Micros): void {
    for (const group of this.table.all()) group.extend(now - from);
    super.resume(from, now);
  }

  override beginSaving(to: SaveTo): SavedHead {
    return { ...super.beginSaving(to), unnamed: this.#shape.counting.unnamed };
  }

  override restoreHead(head: SavedHead): void {
    super.restoreHead(head);
    this.#shape.counting.unnamed = head.unnamed;
  }

  protected order(a: OpenBucket, b: OpenBucket): number {
    return byKey(a.group, b.group) || a.bucket - b.bucket;
  }

  protected make(key: string, first: Pick<Hit, 'payer'>, shape = this.#shape): SlidingGroup {
    return new SlidingGroup(key, first, shape);
  }

  protected save(group: SlidingGroup): SavedState {
    return group.save();
  }

  protected load(group: SlidingGroup, saved: SavedState): void {
    if (saved.kind !== 'sliding')
      throw new Error(`${this.rule.id} is sliding, its snapshot is ${saved.kind}`);
    group.load(saved);
    for (const { number, closes, figures } of saved.open)
      this.#wait(group, number, closes as Micros, new OpenFigures(this.#shape).load(figures));
  }

  protected postpone(open: OpenBucket, now: Micros): void {
    this.due.add((now + this.#shape.grid.lateness) as Micros, open);
  }

  protected cut(group: SlidingGroup, fire: Fire): void {
    for (const open of group.opened) this.#close(open, true, fire);
  }

  protected override get folding(): Folding<SlidingGroup> {
    return {
      make: (network) => new OverflowGroup(network, this.#shape),
      fold: (group, into, fire) => this.#fold(group, into as OverflowGroup, fire),
    };
  }

  /** Hits of a bucket for which the overflow group has fired are not kept: it fires no more for them. */
  #fold(group: SlidingGroup, into: OverflowGroup, fire: Fire): void {
    this.cut(group, fire);
    for (const { counted, arrived } of group.unreported()) {
      const { at } = counted.held;
      if (into.fired(into.bucketOf(at))) continue;
      if (!into.add(foldedHit(counted, group), arrived, this.#lose)) continue;
      for (const [bucket, span] of this.#qualify(into, { at, arrived }))
        fire(this.#overflow(into, bucket, span));
    }
  }

  #fireBuckets(group: SlidingGroup, hit: Hit, fire: Fire): void {
    const { emit } = this.rule;
    for (const [bucket, span] of this.#qualify(group, hit)) {
      if (emit !== 'close') group.fired(bucket)!.passed = fire(this.#crossing(group, bucket, span));
      if (emit !== 'crossing' && !group.openAt(bucket)) this.#restoreFigures(group, bucket, hit);
    }
  }

  /** Marks and gives the buckets that this hit makes fire: its own, and those that its span reaches into. */
  #qualify(group: SlidingGroup, hit: Pick<Hit, 'at' | 'arrived'>): readonly (readonly [number, Qualified])[] {
    const { timespan, markHeld } = this.#shape.grid;
    const until = hit.arrived + markHeld;
    const qualified: [number, Qualified][] = [];
    const own = group.bucketOf(hit.at);
    for (let bucket = own; bucket <= group.bucketOf(hit.at + timespan - 1); bucket++) {
      const mark = group.fired(bucket);
      if (mark) {
        if (bucket === own) mark.until = until;
        continue;
      }
      const span = group.qualify(bucket, hit.at, hit.at + timespan);
      if (!span) continue;
      group.markFired({ bucket, until, closed: false, passed: false });
      qualified.push([bucket, span]);
    }
    return qualified;
  }

  /** Adds the hit to its bucket's final figures, unless the bucket is closed. One that changed nothing opens no bucket. */
  #addFigures(group: SlidingGroup, hit: Hit, counted: CountedHit, changed: boolean, room: number): void {
    const bucket = group.bucketOf(hit.at);
    if (group.fired(bucket)?.closed) return;
    const figures = group.openAt(bucket)?.figures;
    if (figures === undefined && !changed) return;
    if (figures === undefined && group.lapsed(bucket)) {
      this.#restoreFigures(group, bucket, hit);
      return;
    }
    const left = figures
      ? figures.add(counted, room)
      : this.#open(group, bucket, hit).add({ ...counted, held: group.alone ?? counted.held }, room);
    if (left > 0) this.context.counters.add('values_cut', left, this.rule.id);
  }

  /** A late hit came, or made a bucket fire, whose figures are gone: they are made from the hits that are held, inexact. */
  #restoreFigures(group: SlidingGroup, bucket: number, hit: Hit): void {
    const figures = this.#open(group, bucket, hit);
    for (const entry of group.entriesOf(bucket)) {
      const keys = entry.key === NO_KEY ? [] : [entry.key];
      for (const held of heldHits(entry)) figures.add({ keys, held }, Number.POSITIVE_INFINITY);
    }
    figures.markInexact();
  }

  #open(group: SlidingGroup, bucket: number, hit: Hit): OpenFigures {
    const { quiet, lateness } = this.#shape.grid;
    const bounds = { lateness, behind: lateness, ahead: lateness };
    const closes = closesAt(hit, (bucket + 1) * quiet, quiet as Span, bounds);
    return this.#wait(group, bucket, closes, new OpenFigures(this.#shape));
  }

  #wait(group: SlidingGroup, bucket: number, closes: Micros, figures: OpenFigures): OpenFigures {
    const open = { group, bucket, figures, due: undefined };
    group.addOpen(open);
    this.due.add(closes, open);
    return figures;
  }

  #close(open: OpenBucket, cut: boolean, fire: Fire): void {
    const { group, bucket, figures } = open;
    group.removeOpen(bucket);
    this.due.remove(open);
    const mark = group.fired(bucket);
    if (mark) {
      mark.closed = true;
      this.#fireFigures(open, mark, cut, fire);
    } else group.markLapsed(bucket);
    figures.release();
  }

  #fireFigures({ group, bucket, figures }: OpenBucket, mark: FiredMark, cut: boolean, fire: Fire): void {
    const { emit } = this.rule;
    // A detection that a result filter dropped has no summary.
    if (emit === 'both' && !mark.passed) return;
    const { quiet } = this.#shape.grid;
    const id = this.#id(group, bucket);
    fire({
      ...detectionOf(this.rule, group.values, figures.result, cut),
      ...(emit === 'both' ? { id: digest([id, 'summary']), kind: 'summary' as const, of: id } : { id }),
      window: [(bucket * quiet) as Micros, ((bucket + 1) * quiet) as Micros],
    });
  }

  #crossing(group: SlidingGroup, bucket: number, span: Qualified): Detection {
    const start = (span.end - this.rule.timespan) as Micros;
    return {
      ...detectionOf(this.rule, group.values, this.#figuresOf(start, span), false),
      id: this.#id(group, bucket),
      window: [start, span.end],
    };
  }

  /** It fires at once, whatever the rule emits. */
  #overflow(group: OverflowGroup, bucket: number, span: Qualified): Detection {
    const start = (span.end - this.rule.timespan) as Micros;
    const { figures, groups } = foldedFigures(this.#figuresOf(start, span));
    const { network } = group;
    return {
      ...detectionOf(this.rule, group.values, figures, false),
      overflow: { groups, ...(network === undefined ? {} : { network }) },
      id: digest([this.rule.id, 'overflow', group.key, bucket * this.#shape.grid.quiet]),
      window: [start, span.end],
    };
  }

  /** The figures of (start, end], as far as its hits are held. */
  #figuresOf(start: Micros, { end, hits }: Qualified): Figures {
    const collected = new CollectedValues(this.context.limits.values);
    const distinct = new Set<string | HeldHit>();
    let [first, last] = [end, start];
    for (const entry of hits.values()) {
      for (const held of heldHits(entry)) {
        const { at, identity, values } = held;
        if (at <= start || at > end) continue;
        distinct.add(identity ?? held);
        collected.add(values);
        if (at < first) first = at;
        if (at > last) last = at;
      }
    }
    const value = this.#shape.counting.value(hits);
    return {
      at: end,
      count: distinct.size,
      ...(value === undefined ? {} : { value }),
      exact: false,
      seen: [first, last],
      values: collected.values,
      truncated: collected.truncated,
    };
  }

  #id(group: SlidingGroup, bucket: number): string {
    return detectionId(this.rule, group.values, bucket * this.#shape.grid.quiet);
  }
}
