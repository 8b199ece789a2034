import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Due } from './due.ts';
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
const GROUP_COST = 300;

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
  /** In order of the last hit, the least recent first. */
  readonly #groups = new Map<string, Group>();
  readonly #due = new Due<OpenWindow>();
  bytes = 0;

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'tumbling') throw new Error(`${rule.id} is not tumbling`);
    this.rule = rule;
    this.#window = rule.window;
    this.#context = context;
    this.#least = threshold(rule)!;
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
    const group = this.#group(hit, fire);
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
    for (const group of this.#groups.values()) {
      for (const open of group.windows.values()) this.#close(open, true, fire);
      this.#forget(group);
      return true;
    }
    return false;
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

  #group(hit: Hit, fire: Fire): Group {
    const key = JSON.stringify(hit.group);
    let group = this.#groups.get(key);
    if (group) this.#groups.delete(key);
    else {
      if (this.#groups.size >= this.#context.limits.groups) {
        this.#context.counters.add('groups_evicted', 1, this.rule.id);
        this.giveWay(fire);
      }
      group = { key, values: hit.group, windows: new Map() };
      this.bytes += GROUP_COST + key.length;
    }
    this.#groups.set(key, group);
    return group;
  }

  #forget(group: Group): void {
    this.#groups.delete(group.key);
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
