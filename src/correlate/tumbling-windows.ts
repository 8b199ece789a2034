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
import type { SavedHead, SavedState, SavedWindows, SaveTo } from './saved.ts';
import { WindowFigures } from './window-figures.ts';

const DAY = 86_400_000_000;
/** What a group and its maps take up beside its figures, in bytes: measured, rounded up (bench memory). */
const GROUP_COST = 1400;

interface OpenWindow {
  readonly group: TumblingGroup;
  readonly start: number;
  readonly figures: WindowFigures;
  closes: Micros;
}

/** Sidewatch was away `from` a time; hits of windows that ended meanwhile are in time `until` another one. */
interface Grace {
  readonly from: Micros;
  readonly until: Micros;
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
  #grace: Grace | undefined;

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
    const closes = start + this.rule.timespan + lateness;
    if (late === 'drop' && hit.arrived >= closes && !this.#inGrace(hit, closes)) {
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
    this.table.changes(group);
    this.#close(open, false, fire);
    if (group.windows.size === 0) this.table.forget(group);
    else this.table.measure(group);
    return true;
  }

  override resume(from: Micros, now: Micros): void {
    this.#grace = { from, until: (now + this.#window.lateness) as Micros };
    super.resume(from, now);
  }

  override beginSaving(to: SaveTo): SavedHead {
    return {
      ...super.beginSaving(to),
      unnamed: this.#counting.unnamed,
      ...(this.#grace && { grace: this.#grace }),
    };
  }

  override restore(saved: SavedWindows): void {
    this.#grace = saved.head.grace;
    this.#counting.unnamed = saved.head.unnamed;
    super.restore(saved);
  }

  protected make(key: string, first: Pick<Hit, 'group' | 'payer'>): TumblingGroup {
    return new TumblingGroup(key, first);
  }

  protected save(group: TumblingGroup): SavedState {
    const open = [...group.windows.values()].map(({ start, closes, figures }) => ({
      number: start,
      closes,
      figures: figures.save(),
    }));
    return { kind: 'tumbling', open };
  }

  protected load(group: TumblingGroup, saved: SavedState): void {
    if (saved.kind !== 'tumbling')
      throw new Error(`${this.rule.id} is tumbling, its snapshot is ${saved.kind}`);
    for (const { number, closes, figures } of saved.open)
      this.#hold(group, number, closes as Micros, this.#figures().load(figures));
  }

  protected postpone(open: OpenWindow, now: Micros): void {
    open.closes = (now + this.#window.lateness) as Micros;
    this.due.add(open.closes, open);
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
    const closes = closesAt(hit, start + timespan, timespan, this.#backlog);
    const graced = this.#inGrace(hit, closes) ? this.#grace!.until : closes;
    return this.#hold(group, start, graced, this.#figures());
  }

  #hold(group: TumblingGroup, start: number, closes: Micros, figures: WindowFigures): OpenWindow {
    const open = { group, start, figures, closes };
    group.windows.set(start, open);
    group.bytes += figures.bytes;
    this.due.add(closes, open);
    return open;
  }

  #figures(): WindowFigures {
    return new WindowFigures(this.#counting, this.context.limits.values);
  }

  /** Whether a window that would have closed while Sidewatch was away still takes the hit. */
  #inGrace({ arrived }: Hit, closes: number): boolean {
    const grace = this.#grace;
    return grace !== undefined && closes > grace.from && closes < grace.until && arrived < grace.until;
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
