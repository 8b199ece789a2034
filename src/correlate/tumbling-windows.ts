import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Counting } from './counting.ts';
import { HeldGroup } from './group-table.ts';
import { GroupWindows } from './group-windows.ts';
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
import { WindowFigures } from './window-figures.ts';

const DAY = 86_400_000_000;
/** What a group and its maps take up beside its figures, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1400;

interface OpenWindow {
  readonly group: TumblingGroup;
  readonly start: number;
  readonly figures: WindowFigures;
}

class TumblingGroup extends HeldGroup {
  readonly windows = new Map<number, OpenWindow>();
  bytes = GROUP_COST + this.key.length;
}

/** Windows [n * timespan + offset, + timespan) that fire once, when they close, with final values. */
export class TumblingWindows extends GroupWindows<TumblingGroup, OpenWindow> {
  readonly #window: Extract<Rule['window'], { kind: 'tumbling' }>;
  readonly #backlog: BacklogBounds;
  readonly #counting: Counting;

  constructor(rule: Rule, context: Context) {
    super(rule, context);
    this.#window = windowOf(rule, 'tumbling');
    const { lateness, late } = this.#window;
    this.#backlog =
      late === 'drop'
        ? { lateness, behind: Number.POSITIVE_INFINITY, ahead: DAY }
        : { lateness, behind: lateness, ahead: lateness };
    this.#counting = new Counting(rule);
  }

  add(hit: Hit, room: number, fire: Fire): void {
    const { counters } = this.context;
    const { lateness, late } = this.#window;
    const start = this.#startOf(hit);
    countIfLate(this.rule, hit, this.context);
    if (late === 'drop' && hit.arrived >= start + this.rule.timespan + lateness) {
      counters.add('hits_late_dropped', 1, this.rule.id);
      return;
    }
    const group = this.table.of(hit, fire);
    const { figures } = group.windows.get(start) ?? this.#open(group, start, hit);
    const before = figures.bytes;
    const left = figures.add(this.#counting.read(hit, counters), room);
    group.bytes += figures.bytes - before;
    this.table.measure(group);
    if (left > 0) counters.add('values_cut', left, this.rule.id);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const open = this.due.take(now);
    if (!open) return false;
    const { group } = open;
    this.#close(open, false, fire);
    if (group.windows.size === 0) this.table.forget(group);
    else this.table.measure(group);
    return true;
  }

  protected make(key: string, first: Hit): TumblingGroup {
    return new TumblingGroup(key, first);
  }

  protected cut(group: TumblingGroup, fire: Fire): void {
    for (const open of group.windows.values()) this.#close(open, true, fire);
  }

  #startOf(hit: Hit): number {
    const { timespan } = this.rule;
    const { offset } = this.#window;
    return Math.floor((hit.at - offset) / timespan) * timespan + offset;
  }

  #open(group: TumblingGroup, start: number, hit: Hit): OpenWindow {
    const { timespan } = this.rule;
    const open = { group, start, figures: new WindowFigures(this.#counting, this.context.limits.values) };
    group.windows.set(start, open);
    group.bytes += open.figures.bytes;
    this.due.add(closesAt(hit, start + timespan, timespan, this.#backlog), open);
    return open;
  }

  #close(open: OpenWindow, cut: boolean, fire: Fire): void {
    const { group, start, figures } = open;
    group.windows.delete(start);
    this.due.remove(open);
    group.bytes -= figures.bytes;
    if (!figures.holds) return;
    fire({
      ...detectionOf(this.rule, group.values, figures.result, cut),
      id: detectionId(this.rule, group.values, start),
      window: [start as Micros, (start + this.rule.timespan) as Micros],
    });
  }
}
