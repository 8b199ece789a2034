import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Due } from './due.ts';
import { GroupTable } from './group-table.ts';
import {
  type Bounds,
  type Context,
  closesAt,
  detectionId,
  type Fire,
  namedGroup,
  type RuleWindows,
  threshold,
} from './rule-windows.ts';
import { Tally } from './tally.ts';

const DAY = 86_400_000_000;
/** What a group and its maps take up beside its tallies, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1100;

interface OpenWindow {
  readonly group: Group;
  readonly start: number;
  readonly tally: Tally;
}

interface Group {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly windows: Map<number, OpenWindow>;
}

/** Windows [n * timespan + offset, + timespan) that fire once, when they close, with final values. */
export class TumblingWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  readonly #window: Extract<Rule['window'], { kind: 'tumbling' }>;
  readonly #least: number;
  readonly #groups: GroupTable<Group>;
  readonly #due = new Due<OpenWindow>();
  bytes = 0;
  /** Where a group that gives way within `add` sends what it owes. */
  #fire: Fire = () => {};

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'tumbling') throw new Error(`${rule.id} is not tumbling`);
    this.rule = rule;
    this.#window = rule.window;
    this.#context = context;
    this.#least = threshold(rule)!;
    this.#groups = new GroupTable(
      context.limits.groups,
      (key, values) => {
        this.bytes += GROUP_COST + key.length;
        return { key, values, windows: new Map() };
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
    const { lateness, late } = this.#window;
    const start = this.#start(hit);
    const end = start + this.rule.timespan;
    if (hit.arrived - hit.at > lateness) counters.add('hits_late', 1, this.rule.id);
    if (late === 'drop' && hit.arrived >= end + lateness) {
      counters.add('hits_late_dropped', 1, this.rule.id);
      return;
    }
    this.#fire = fire;
    const group = this.#groups.of(hit);
    let open = group.windows.get(start);
    if (!open) {
      open = { group, start, tally: new Tally(this.#context.limits.values) };
      group.windows.set(start, open);
      this.bytes += open.tally.bytes;
      this.#due.add(closesAt(hit, end, this.rule.timespan, this.#bounds()), open);
    }
    this.bytes -= open.tally.bytes;
    const left = open.tally.add(hit, room);
    this.bytes += open.tally.bytes;
    if (left > 0) counters.add('values_cut', left, this.rule.id);
  }

  /** A tumbling window fires when it closes, never at a hit. */
  preview(hits: readonly Hit[]): readonly undefined[] {
    return hits.map(() => undefined);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    for (;;) {
      const open = this.#due.take(now);
      if (!open) return false;
      if (open.group.windows.get(open.start) !== open) continue; // closed early
      this.#close(open, false, fire);
      if (open.group.windows.size === 0) this.#forget(open.group);
      return true;
    }
  }

  /** A group lives as long as a window of its own is open. */
  expire(): void {}

  giveWay(fire: Fire): boolean {
    const group = this.#groups.oldest;
    if (!group) return false;
    for (const open of group.windows.values()) this.#close(open, true, fire);
    this.#forget(group);
    return true;
  }

  #bounds(): Bounds {
    const { lateness, late } = this.#window;
    return late === 'drop'
      ? { lateness, behind: Number.POSITIVE_INFINITY, ahead: DAY }
      : { lateness, behind: lateness, ahead: lateness };
  }

  #start(hit: Hit): number {
    const { timespan } = this.rule;
    const { offset } = this.#window;
    return Math.floor((hit.at - offset) / timespan) * timespan + offset;
  }

  #forget(group: Group): void {
    this.#groups.forget(group);
    this.bytes -= GROUP_COST + group.key.length;
  }

  #close(open: OpenWindow, cut: boolean, fire: Fire): void {
    const { group, start, tally } = open;
    group.windows.delete(start);
    this.bytes -= tally.bytes;
    if (tally.count < this.#least) return;
    fire({
      id: detectionId(this.rule, group.values, start),
      rule: this.rule.id,
      kind: 'risk',
      at: tally.last,
      group: namedGroup(this.rule, group.values),
      overflow: false,
      count: tally.count,
      exact: tally.exact,
      window: [start as Micros, (start + this.rule.timespan) as Micros],
      seen: [tally.first, tally.last],
      values: tally.values,
      truncated: tally.truncated,
      cut,
    });
  }
}
