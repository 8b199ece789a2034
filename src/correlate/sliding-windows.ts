import { digest } from '../lib/digest.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import { meets } from '../semantics/condition.ts';
import { CollectedValues } from './collected-values.ts';
import { Counting } from './counting.ts';
import { DueQueue } from './due-queue.ts';
import { GroupTable } from './group-table.ts';
import type { CountedHit, HeldHit } from './held-hit.ts';
import {
  type Context,
  closesAt,
  detectionId,
  detectionOf,
  type Fire,
  type RuleWindows,
} from './rule-windows.ts';
import {
  type Grid,
  gridOf,
  type Lose,
  type OpenBucket,
  type Qualified,
  SlidingGroup,
} from './sliding-group.ts';
import { heldHits, NO_KEY } from './time-cell.ts';
import { WindowFigures } from './window-figures.ts';

const NOTHING_LOST: Lose = () => {};

/**
 * Spans (t - timespan, t] of a rule whose condition only grows. A group fires once for each bucket of `quiet` that holds a
 * qualifying hit, at once.
 */
export class SlidingWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  readonly #counting: Counting;
  readonly #grid: Grid;
  readonly #groups: GroupTable<SlidingGroup>;
  readonly #due = new DueQueue<OpenBucket>();
  readonly #lose: Lose;
  /** Whether one hit is enough: then it adds to no bucket but its own. */
  readonly #alone: boolean;

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'sliding') throw new Error(`${rule.id} is not sliding`);
    const { quiet, lateness } = rule.window;
    this.rule = rule;
    this.#context = context;
    this.#counting = new Counting(rule);
    this.#alone = rule.kind === 'event_count' && meets(1, rule.condition);
    this.#grid = gridOf(rule.timespan, quiet, lateness);
    this.#lose = (what, n) => context.counters.add(what, n, rule.id);
    this.#groups = new GroupTable(rule, context, {
      make: (key, first) => new SlidingGroup(key, first, this.#grid, this.#counting),
      cut: (group, fire) => {
        for (const open of group.open.values()) this.#close(open, true, fire);
      },
    });
  }

  get bytes(): number {
    return this.#groups.bytes;
  }

  get groups(): number {
    return this.#groups.size;
  }

  get next(): Micros | undefined {
    return this.#due.next;
  }

  add(hit: Hit, room: number, fire: Fire): void {
    const { counters } = this.#context;
    if (hit.arrived - hit.at > this.#grid.lateness) counters.add('hits_late', 1, this.rule.id);
    const group = this.#groups.of(hit, fire);
    const reading = this.#counting.read(hit, counters);
    const changed = group.add(reading, hit.arrived, this.#lose);
    if (this.rule.emit !== 'crossing') this.#count(group, hit, reading, changed, room);
    if (changed) {
      for (const [bucket, span] of this.#qualify(group, hit)) {
        if (this.rule.emit !== 'close')
          group.fired.get(bucket)!.told = fire(this.#crossing(group, bucket, span));
        if (this.rule.emit !== 'crossing' && !group.open.has(bucket)) this.#recount(group, bucket, hit);
      }
    }
    this.#groups.recount(group);
  }

  idle(values: Hit['group'], at: Micros): boolean {
    const group = this.rule.emit === 'crossing' ? this.#groups.peek(JSON.stringify(values)) : undefined;
    if (group === undefined) return false;
    const last = group.bucketOf(this.#alone ? at : at + this.#grid.timespan - 1);
    for (let bucket = group.bucketOf(at); bucket <= last; bucket++)
      if (!group.fired.has(bucket)) return false;
    return true;
  }

  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    const copies = new Map<string, SlidingGroup>();
    return hits.map((hit) => {
      const key = JSON.stringify(hit.group);
      const group =
        copies.get(key) ??
        this.#groups.peek(key)?.clone() ??
        new SlidingGroup(key, hit, this.#grid, this.#counting);
      copies.set(key, group);
      if (!group.add(this.#counting.read(hit), hit.arrived, NOTHING_LOST)) return undefined;
      const [first] = this.#qualify(group, hit);
      return first && this.#id(group, first[0]);
    });
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const open = this.#due.take(now);
    if (!open) return false;
    this.#close(open, false, fire);
    this.#groups.recount(open.group);
    return true;
  }

  expire(now: Micros): void {
    this.#groups.expire((group) => group.expires < now && group.open.size === 0);
  }

  giveWay(fire: Fire): boolean {
    return this.#groups.giveWay(fire);
  }

  /** Marks and gives the buckets that this hit makes fire: its own, and those that its span reaches into. */
  #qualify(group: SlidingGroup, hit: Hit): readonly (readonly [number, Qualified])[] {
    const { timespan, markHeld } = this.#grid;
    const until = hit.arrived + markHeld;
    const found: [number, Qualified][] = [];
    const own = group.bucketOf(hit.at);
    for (let bucket = own; bucket <= group.bucketOf(hit.at + timespan - 1); bucket++) {
      const mark = group.fired.get(bucket);
      if (mark) {
        if (bucket === own) mark.until = until;
        continue;
      }
      const span = group.qualify(bucket, hit.at, hit.at + timespan);
      if (!span) continue;
      group.fired.set(bucket, { until, closed: false, told: false });
      found.push([bucket, span]);
    }
    return found;
  }

  /** Adds the hit to its bucket's final figures, unless they went out already. One that changed nothing opens none. */
  #count(group: SlidingGroup, hit: Hit, reading: CountedHit, changed: boolean, room: number): void {
    const bucket = group.bucketOf(hit.at);
    if (group.fired.get(bucket)?.closed) return;
    const open = group.open.get(bucket)?.tally;
    if (open === undefined && !changed) return;
    if (open === undefined && group.lapsed.has(bucket)) {
      this.#recount(group, bucket, hit);
      return;
    }
    const left = (open ?? this.#openBucket(group, bucket, hit)).add(reading, room);
    if (left > 0) this.#context.counters.add('values_cut', left, this.rule.id);
  }

  /** A late hit came, or made a bucket fire, whose figures are gone: they are made again of what is kept, inexact. */
  #recount(group: SlidingGroup, bucket: number, hit: Hit): void {
    const tally = this.#openBucket(group, bucket, hit);
    for (const entry of group.entriesOf(bucket)) {
      for (const sighting of heldHits(entry))
        tally.add(
          { keys: entry.key === NO_KEY ? [] : [entry.key], held: sighting },
          Number.POSITIVE_INFINITY,
        );
    }
    tally.exact = false;
  }

  #openBucket(group: SlidingGroup, bucket: number, hit: Hit): WindowFigures {
    const { quiet, lateness } = this.#grid;
    const tally = new WindowFigures(this.#counting, this.#context.limits.values);
    const open = { group, bucket, tally };
    group.open.set(bucket, open);
    const bounds = { lateness, behind: lateness, ahead: lateness };
    this.#due.add(closesAt(hit, (bucket + 1) * quiet, quiet as Span, bounds), open);
    return tally;
  }

  #close(open: OpenBucket, cut: boolean, fire: Fire): void {
    const { group, bucket, tally } = open;
    group.open.delete(bucket);
    this.#due.remove(open);
    const mark = group.fired.get(bucket);
    if (!mark) {
      group.lapsed.set(bucket, group.expires);
      return;
    }
    mark.closed = true;
    // What was not told has no end to tell.
    if (this.rule.emit === 'both' && !mark.told) return;
    const { quiet } = this.#grid;
    const id = this.#id(group, bucket);
    fire({
      ...detectionOf(this.rule, group.values, tally.figures, cut),
      ...(this.rule.emit === 'both'
        ? { id: digest([id, 'summary']), kind: 'summary' as const, of: id }
        : { id }),
      window: [(bucket * quiet) as Micros, ((bucket + 1) * quiet) as Micros],
    });
  }

  #crossing(group: SlidingGroup, bucket: number, { end, found }: Qualified): Detection {
    const start = (end - this.rule.timespan) as Micros;
    const collected = new CollectedValues(this.#context.limits.values);
    const hits = new Set<string | HeldHit>();
    let [first, last] = [end, start];
    for (const entry of found.values()) {
      for (const sighting of heldHits(entry)) {
        const { at, identity, values } = sighting;
        if (at <= start || at > end) continue;
        hits.add(identity ?? sighting);
        collected.add(values);
        if (at < first) first = at;
        if (at > last) last = at;
      }
    }
    const value = this.#counting.value(found);
    const figures = {
      at: end,
      count: hits.size,
      ...(value === undefined ? {} : { value }),
      exact: false,
      seen: [first, last] as const,
      values: collected.values,
      truncated: collected.truncated,
    };
    return {
      ...detectionOf(this.rule, group.values, figures, false),
      id: this.#id(group, bucket),
      window: [start, end],
    };
  }

  #id(group: SlidingGroup, bucket: number): string {
    return detectionId(this.rule, group.values, bucket * this.#grid.quiet);
  }
}
