import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Counting } from './counting.ts';
import { DueQueue } from './due-queue.ts';
import { GroupTable } from './group-table.ts';
import type { HeldHit, HitsByKey } from './held-hit.ts';
import { type Held, JudgedGroup } from './judged-group.ts';
import { type Context, detectionId, detectionOf, type Fire, type RuleWindows } from './rule-windows.ts';
import { WindowFigures } from './window-figures.ts';

/** Hits that are judged before others have their turn: each may look at as many as its group holds. */
const JUDGED_AT_ONCE = 10;

/**
 * Spans (t - timespan, t] of a rule whose condition a late hit can revoke. Each hit's span is judged once, when all that
 * arrived up to the hit's arrival plus lateness is known. A group fires once for each bucket of `quiet` that holds a
 * qualifying hit, with the figures of the first span that was found to qualify.
 */
export class JudgedWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  readonly #counting: Counting;
  readonly #quiet: number;
  readonly #lateness: number;
  readonly #groups: GroupTable<JudgedGroup>;
  readonly #due = new DueQueue<JudgedGroup>();

  constructor(rule: Rule, context: Context) {
    if (rule.window.kind !== 'sliding') throw new Error(`${rule.id} is not sliding`);
    this.rule = rule;
    this.#context = context;
    this.#counting = new Counting(rule);
    this.#quiet = rule.window.quiet;
    this.#lateness = rule.window.lateness;
    this.#groups = new GroupTable(rule, context, {
      make: (key, first) => new JudgedGroup(key, first, rule.timespan, this.#lateness),
      cut: (group, fire) => {
        this.#due.remove(group);
        while (this.#judge(group, Number.POSITIVE_INFINITY, true, fire) !== 'done');
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

  add(hit: Hit, _room: number, fire: Fire): void {
    const { counters } = this.#context;
    const { id } = this.rule;
    if (hit.arrived - hit.at > this.#lateness) counters.add('hits_late', 1, id);
    const group = this.#groups.of(hit, fire);
    const outcome = group.add({ ...this.#counting.read(hit, counters), arrived: hit.arrived });
    if (outcome === 'full') counters.add('hits_evicted', 1, id);
    if (outcome === 'held') this.#wait(group);
    this.#groups.recount(group);
  }

  /** What is judged later fires at no hit. */
  preview(hits: readonly Hit[]): readonly undefined[] {
    return hits.map(() => undefined);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const group = this.#due.take(now);
    if (!group) return false;
    this.#judge(group, now - this.#lateness, false, fire);
    this.#wait(group);
    return true;
  }

  expire(now: Micros): void {
    this.#groups.expire((group) => group.idle(now));
  }

  giveWay(fire: Fire): boolean {
    return this.#groups.giveWay(fire);
  }

  /** A group waits in one place, for the next of its hits that is to be judged. */
  #wait(group: JudgedGroup): void {
    if (group.next !== undefined && !this.#due.has(group)) this.#due.add(this.#dueAt(group.next), group);
  }

  /** After all that arrives at the last moment has been recorded. */
  #dueAt(arrived: number): Micros {
    return (arrived + this.#lateness + 1) as Micros;
  }

  /** Judges hits that arrived before a time until one fires, but not many at once. 'done': there are no more of them. */
  #judge(group: JudgedGroup, before: number, cut: boolean, fire: Fire): 'fired' | 'more' | 'done' {
    for (let judged = 0; judged < JUDGED_AT_ONCE; judged++) {
      const held = group.take(before);
      if (!held) return 'done';
      const bucket = Math.floor(held.held.at / this.#quiet);
      if (group.fired.has(bucket) || !this.#counting.holds(this.#found(group, held))) continue;
      group.fired.set(bucket, held.arrived + this.#quiet + 2 * this.#lateness);
      fire(this.#detection(group, held, bucket, cut));
      return 'fired';
    }
    return 'more';
  }

  /** What the span holds by key, as far as it decides anything. */
  #found(group: JudgedGroup, held: Held): HitsByKey {
    const found = new Map<string, HeldHit>();
    for (const { keys, held: sighting } of group.spanOf(held)) {
      for (const key of keys) if (!found.has(key)) found.set(key, sighting);
      if (found.size >= this.#counting.settled) break;
    }
    return found;
  }

  #detection(group: JudgedGroup, held: Held, bucket: number, cut: boolean): Detection {
    const { at } = held.held;
    const { limits, counters } = this.#context;
    const tally = new WindowFigures(this.#counting, limits.values);
    let left = 0;
    for (const reading of group.spanOf(held)) left += tally.add(reading, Number.POSITIVE_INFINITY);
    if (left > 0) counters.add('values_cut', left, this.rule.id);
    if (!group.whole(held)) tally.exact = false;
    return {
      ...detectionOf(this.rule, group.values, tally.figures, cut),
      id: detectionId(this.rule, group.values, bucket * this.#quiet),
      window: [(at - this.rule.timespan) as Micros, at],
    };
  }
}
