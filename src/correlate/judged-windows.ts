import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { Counting } from './counting.ts';
import { byKey, GroupWindows } from './group-windows.ts';
import type { HeldHit, HitsByKey } from './held-hit.ts';
import { JudgedGroup, type JudgedHit, waitsFrom } from './judged-group.ts';
import { type Context, countIfLate, detectionId, detectionOf, type Fire, windowOf } from './rule-windows.ts';
import type { SavedHead, SavedState, SaveTo } from './saved.ts';
import type { Warmth } from './warm-groups.ts';
import { WindowFigures } from './window-figures.ts';

/** Hits that are judged before others have their turn: each may look at as many as its group holds. */
const JUDGED_AT_ONCE = 10;

/**
 * Spans (t - timespan, t] of a rule whose condition a late hit can revoke. Each hit's span is judged once, when all that
 * arrived up to the hit's arrival plus lateness is known. A group fires once for each bucket of `quiet` that holds a
 * qualifying hit, with the figures of the first span that was judged to qualify.
 */
export class JudgedWindows extends GroupWindows<JudgedGroup, JudgedGroup> {
  readonly #counting: Counting;
  readonly #quiet: number;
  readonly #lateness: number;
  /** How long it is remembered that a bucket has fired: all its hits are judged by then. */
  readonly #remembered: number;

  constructor(rule: Rule, context: Context) {
    super(rule, context);
    const { quiet, lateness } = windowOf(rule, 'sliding');
    this.#counting = new Counting(rule);
    this.#quiet = quiet;
    this.#lateness = lateness;
    this.#remembered = quiet + 2 * lateness;
  }

  add(hit: Hit, _room: number, fire: Fire): void {
    const { counters } = this.context;
    countIfLate(this.rule, hit, this.context);
    const group = this.table.of(hit);
    const outcome = group.add({ ...this.#counting.read(hit, counters), arrived: hit.arrived });
    if (outcome === 'full') counters.add('hits_evicted', 1, this.rule.id);
    if (outcome === 'held') this.#wait(group);
    this.table.measure(group);
    this.table.keepBound(fire);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    const group = this.due.take(now);
    if (!group) return false;
    this.table.changes(group);
    this.#judge(group, now - this.#lateness, false, fire);
    this.#wait(group);
    return true;
  }

  protected override warmth(group: JudgedGroup): Warmth | undefined {
    const last = group.latest;
    if (!last) return undefined;
    const { at, values } = last.held;
    const fired = group.fired.has(Math.floor(at / this.#quiet));
    return { ...this.#counting.progress(this.#spanByKey(group, last)), at, values, fired };
  }

  override expire(now: Micros): void {
    this.table.expire((group) => group.idle(now));
  }

  /** Hits that were not judged are judged as if they had arrived now. */
  override resume(from: Micros, now: Micros): void {
    for (const group of this.table.all()) {
      group.resume(from, now, this.#remembered);
      this.due.remove(group);
      this.#wait(group);
    }
  }

  override beginSaving(to: SaveTo): SavedHead {
    return { ...super.beginSaving(to), unnamed: this.#counting.unnamed };
  }

  override restoreHead(head: SavedHead): void {
    super.restoreHead(head);
    this.#counting.unnamed = head.unnamed;
  }

  protected order(a: JudgedGroup, b: JudgedGroup): number {
    return byKey(a, b);
  }

  protected make(key: string, first: Pick<Hit, 'group' | 'payer'>): JudgedGroup {
    return new JudgedGroup(key, first, this.rule.timespan, this.#lateness);
  }

  protected save(group: JudgedGroup): SavedState {
    return group.save();
  }

  protected load(group: JudgedGroup, saved: SavedState): void {
    if (saved.kind !== 'judged') throw new Error(`${this.rule.id} is judged, its snapshot is ${saved.kind}`);
    group.load(saved);
    this.#wait(group);
  }

  protected postpone(group: JudgedGroup): void {
    this.#wait(group);
  }

  protected cut(group: JudgedGroup, fire: Fire): void {
    this.due.remove(group);
    while (this.#judge(group, Number.POSITIVE_INFINITY, true, fire) !== 'done');
  }

  /** A group waits in one place, for the next of its hits that is to be judged. */
  #wait(group: JudgedGroup): void {
    if (group.next !== undefined && group.due === undefined) this.due.add(this.#dueAt(group.next), group);
  }

  /** After all that arrives at the last moment has been recorded. */
  #dueAt(from: number): Micros {
    return (from + this.#lateness + 1) as Micros;
  }

  /** Judges hits that wait from before a time until one fires, but not many at once. 'done': there are no more of them. */
  #judge(group: JudgedGroup, before: number, cut: boolean, fire: Fire): 'fired' | 'more' | 'done' {
    for (let judged = 0; judged < JUDGED_AT_ONCE; judged++) {
      const hit = group.take(before);
      if (!hit) return 'done';
      const bucket = Math.floor(hit.held.at / this.#quiet);
      if (group.fired.has(bucket) || !this.#counting.holds(this.#spanByKey(group, hit))) continue;
      group.fired.set(bucket, waitsFrom(hit) + this.#remembered);
      fire(this.#detection(group, hit, bucket, cut));
      return 'fired';
    }
    return 'more';
  }

  /** What the hit's span holds by key, as far as it decides anything. */
  #spanByKey(group: JudgedGroup, hit: JudgedHit): HitsByKey {
    const hits = new Map<string, HeldHit>();
    for (const { keys, held } of group.spanOf(hit)) {
      for (const key of keys) if (!hits.has(key)) hits.set(key, held);
      if (hits.size >= this.#counting.settled) break;
    }
    return hits;
  }

  #detection(group: JudgedGroup, hit: JudgedHit, bucket: number, cut: boolean): Detection {
    const { at } = hit.held;
    const { limits, counters } = this.context;
    const figures = new WindowFigures(this.#counting, limits.values);
    let left = 0;
    for (const other of group.spanOf(hit)) left += figures.add(other, Number.POSITIVE_INFINITY);
    if (left > 0) counters.add('values_cut', left, this.rule.id);
    if (!group.whole(hit)) figures.exact = false;
    return {
      ...detectionOf(this.rule, group.values, figures.result, cut),
      id: detectionId(this.rule, group.values, bucket * this.#quiet),
      window: [(at - this.rule.timespan) as Micros, at],
    };
  }
}
