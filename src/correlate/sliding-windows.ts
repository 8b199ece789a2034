import { digest } from '../lib/hash.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros, Span } from '../model/time.ts';
import { Collected } from './collected.ts';
import { Due } from './due.ts';
import { GroupTable } from './group-table.ts';
import {
  type Context,
  closesAt,
  detectionId,
  type Fire,
  namedGroup,
  type RuleWindows,
  threshold,
} from './rule-windows.ts';
import { type Grid, type Qualified, SlidingGroup } from './sliding-group.ts';
import { Tally } from './tally.ts';

interface OpenBucket {
  readonly group: SlidingGroup;
  readonly bucket: number;
  readonly tally: Tally;
}

/** Spans (t - timespan, t]. A group fires once for each bucket of `quiet` that holds a qualifying hit, at once. */
export class SlidingWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  readonly #grid: Grid;
  readonly #groups: GroupTable<SlidingGroup>;
  readonly #due = new Due<OpenBucket>();
  bytes = 0;
  /** Where a group that gives way within `add` sends what it owes. */
  #fire: Fire = () => {};

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'sliding') throw new Error(`${rule.id} is not sliding`);
    const { quiet, lateness } = rule.window;
    this.rule = rule;
    this.#context = context;
    this.#grid = {
      timespan: rule.timespan,
      quiet,
      lateness,
      cells: Math.ceil(quiet / rule.timespan),
      least: threshold(rule)!,
    };
    this.#groups = new GroupTable(
      context.limits.groups,
      (key, values) => {
        const group = new SlidingGroup(key, values, this.#grid);
        this.bytes += group.bytes;
        return group;
      },
      () => {
        context.counters.add('groups_evicted', 1, rule.id);
        this.giveWay(this.#fire);
      },
    );
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
    this.#fire = fire;
    const group = this.#groups.of(hit);
    this.bytes -= group.bytes;
    if (group.add(hit, () => counters.add('cells_evicted', 1, this.rule.id))) {
      if (this.rule.emit !== 'crossing') this.#count(group, hit, room);
      for (const [bucket, span] of this.#qualify(group, hit)) {
        if (this.rule.emit !== 'close') fire(this.#crossing(group, bucket, span));
        if (this.rule.emit !== 'crossing' && !group.open.has(bucket)) this.#recount(group, bucket, hit);
      }
    }
    this.bytes += group.bytes;
  }

  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    const copies = new Map<string, SlidingGroup>();
    return hits.map((hit) => {
      const key = JSON.stringify(hit.group);
      const group =
        copies.get(key) ?? this.#groups.peek(key)?.clone() ?? new SlidingGroup(key, hit.group, this.#grid);
      copies.set(key, group);
      if (!group.add(hit, () => {})) return undefined;
      const [first] = this.#qualify(group, hit);
      return first && this.#id(group, first[0]);
    });
  }

  closeOne(now: Micros, fire: Fire): boolean {
    for (;;) {
      const open = this.#due.take(now);
      if (!open) return false;
      const { group, bucket, tally } = open;
      if (this.#groups.peek(group.key) !== group || group.open.get(bucket) !== tally) continue; // closed early
      this.bytes -= group.bytes;
      this.#close(open, false, fire);
      this.bytes += group.bytes;
      return true;
    }
  }

  expire(now: Micros): void {
    for (;;) {
      const group = this.#groups.oldest;
      if (!group || group.expires >= now || group.open.size > 0) return;
      this.#forget(group);
    }
  }

  giveWay(fire: Fire): boolean {
    const group = this.#groups.oldest;
    if (!group) return false;
    this.#forget(group);
    for (const [bucket, tally] of group.open) this.#close({ group, bucket, tally }, true, fire);
    return true;
  }

  #forget(group: SlidingGroup): void {
    this.#groups.forget(group);
    this.bytes -= group.bytes;
  }

  /** Marks and gives the buckets that this hit makes fire: its own, and those that its span reaches into. */
  #qualify(group: SlidingGroup, hit: Hit): readonly (readonly [number, Qualified])[] {
    const { timespan, quiet, lateness } = this.#grid;
    const until = hit.arrived + timespan + quiet + lateness;
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
      group.fired.set(bucket, { until, closed: false });
      found.push([bucket, span]);
    }
    return found;
  }

  /** Adds the hit to its bucket's final figures, unless they went out already. */
  #count(group: SlidingGroup, hit: Hit, room: number): void {
    const bucket = group.bucketOf(hit.at);
    if (group.fired.get(bucket)?.closed) return;
    const tally = group.open.get(bucket) ?? this.#openBucket(group, bucket, hit);
    const left = tally.add(hit, room);
    if (left > 0) this.#context.counters.add('values_cut', left, this.rule.id);
  }

  /** A late hit elsewhere made a bucket fire whose figures are gone: they are made again of what is kept, inexact. */
  #recount(group: SlidingGroup, bucket: number, hit: Hit): void {
    const tally = this.#openBucket(group, bucket, hit);
    for (const { identity, first, last, values } of group.entriesOf(bucket)) {
      for (const at of [first, last]) tally.add({ ...hit, identity, at, values }, Number.POSITIVE_INFINITY);
    }
    tally.exact = false;
  }

  #openBucket(group: SlidingGroup, bucket: number, hit: Hit): Tally {
    const { quiet, lateness } = this.#grid;
    const tally = new Tally(this.#context.limits.values);
    if (group.lapsed.has(bucket)) tally.exact = false;
    group.open.set(bucket, tally);
    const bounds = { lateness, behind: lateness, ahead: lateness };
    this.#due.add(closesAt(hit, (bucket + 1) * quiet, quiet as Span, bounds), { group, bucket, tally });
    return tally;
  }

  #close({ group, bucket, tally }: OpenBucket, cut: boolean, fire: Fire): void {
    group.open.delete(bucket);
    const mark = group.fired.get(bucket);
    if (!mark) {
      group.lapsed.set(bucket, group.expires);
      return;
    }
    mark.closed = true;
    const { quiet } = this.#grid;
    const id = this.#id(group, bucket);
    fire({
      ...(this.rule.emit === 'both'
        ? { id: digest([id, 'summary']), kind: 'summary' as const, of: id }
        : { id, kind: 'risk' as const }),
      rule: this.rule.id,
      at: tally.last,
      group: namedGroup(this.rule, group.values),
      overflow: false,
      count: tally.count,
      exact: tally.exact,
      window: [(bucket * quiet) as Micros, ((bucket + 1) * quiet) as Micros],
      seen: [tally.first, tally.last],
      values: tally.values,
      truncated: tally.truncated,
      cut,
    });
  }

  #crossing(group: SlidingGroup, bucket: number, { end, entries }: Qualified): Detection {
    const start = (end - this.rule.timespan) as Micros;
    const collected = new Collected(this.#context.limits.values);
    let [first, last] = [end, start];
    for (const entry of entries) {
      collected.add(entry.values);
      first = Math.min(first, entry.first > start ? entry.first : entry.last) as Micros;
      last = Math.max(last, entry.last <= end ? entry.last : entry.first) as Micros;
    }
    return {
      id: this.#id(group, bucket),
      rule: this.rule.id,
      kind: 'risk',
      at: end,
      group: namedGroup(this.rule, group.values),
      overflow: false,
      count: entries.length,
      exact: false,
      window: [start, end],
      seen: [first, last],
      values: collected.values,
      truncated: collected.truncated,
      cut: false,
    };
  }

  #id(group: SlidingGroup, bucket: number): string {
    return detectionId(this.rule, group.values, bucket * this.#grid.quiet);
  }
}
