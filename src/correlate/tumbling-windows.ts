import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Counting } from './counting.ts';
import { DueQueue } from './due-queue.ts';
import { GroupTable, type HeldGroup } from './group-table.ts';
import {
  type BacklogBounds,
  type Context,
  closesAt,
  detectionId,
  detectionOf,
  type Fire,
  type RuleWindows,
} from './rule-windows.ts';
import { WindowFigures } from './window-figures.ts';

const DAY = 86_400_000_000;
/** What a group and its maps take up beside its tallies, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1400;

interface OpenWindow {
  readonly group: TumblingGroup;
  readonly start: number;
  readonly tally: WindowFigures;
}

interface TumblingGroup extends HeldGroup {
  bytes: number;
  readonly windows: Map<number, OpenWindow>;
}

/** Windows [n * timespan + offset, + timespan) that fire once, when they close, with final values. */
export class TumblingWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  readonly #window: Extract<Rule['window'], { kind: 'tumbling' }>;
  readonly #counting: Counting;
  readonly #groups: GroupTable<TumblingGroup>;
  readonly #due = new DueQueue<OpenWindow>();

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'tumbling') throw new Error(`${rule.id} is not tumbling`);
    this.rule = rule;
    this.#window = rule.window;
    this.#context = context;
    this.#counting = new Counting(rule);
    this.#groups = new GroupTable(rule, context, {
      make: (key, { group, payer }) => ({
        key,
        values: group,
        payer,
        windows: new Map(),
        bytes: GROUP_COST + key.length,
        counted: 0,
      }),
      cut: (group, fire) => {
        for (const open of group.windows.values()) this.#close(open, true, fire);
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
    const { lateness, late } = this.#window;
    const start = this.#start(hit);
    const end = start + this.rule.timespan;
    if (hit.arrived - hit.at > lateness) counters.add('hits_late', 1, this.rule.id);
    if (late === 'drop' && hit.arrived >= end + lateness) {
      counters.add('hits_late_dropped', 1, this.rule.id);
      return;
    }
    const group = this.#groups.of(hit, fire);
    const open = group.windows.get(start) ?? this.#open(group, start, hit);
    const before = open.tally.bytes;
    const left = open.tally.add(this.#counting.read(hit, counters), room);
    group.bytes += open.tally.bytes - before;
    this.#groups.recount(group);
    if (left > 0) counters.add('values_cut', left, this.rule.id);
  }

  /** A tumbling window fires when it closes, never at a hit. */
  preview(hits: readonly Hit[]): readonly undefined[] {
    return hits.map(() => undefined);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const open = this.#due.take(now);
    if (!open) return false;
    const { group } = open;
    this.#close(open, false, fire);
    if (group.windows.size === 0) this.#groups.forget(group);
    else this.#groups.recount(group);
    return true;
  }

  /** A group lives as long as a window of its own is open. */
  expire(): void {}

  giveWay(fire: Fire): boolean {
    return this.#groups.giveWay(fire);
  }

  #bounds(): BacklogBounds {
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

  #open(group: TumblingGroup, start: number, hit: Hit): OpenWindow {
    const { timespan } = this.rule;
    const open = { group, start, tally: new WindowFigures(this.#counting, this.#context.limits.values) };
    group.windows.set(start, open);
    group.bytes += open.tally.bytes;
    this.#due.add(closesAt(hit, start + timespan, timespan, this.#bounds()), open);
    return open;
  }

  #close(open: OpenWindow, cut: boolean, fire: Fire): void {
    const { group, start, tally } = open;
    group.windows.delete(start);
    this.#due.remove(open);
    group.bytes -= tally.bytes;
    if (!tally.holds) return;
    fire({
      ...detectionOf(this.rule, group.values, tally.figures, cut),
      id: detectionId(this.rule, group.values, start),
      window: [start as Micros, (start + this.rule.timespan) as Micros],
    });
  }
}
