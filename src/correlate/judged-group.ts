import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected-values.ts';
import type { Waiting } from './due-queue.ts';
import { HeldGroup } from './group-table.ts';
import type { CountedHit } from './held-hit.ts';
import type { SavedJudged } from './saved.ts';

/**
 * Hits that a group holds at most for a condition that a late hit can revoke. The newest give way: if the oldest did, a
 * flood would push hits out before they are judged.
 */
export const JUDGED_MAX = 2000;

const GROUP_COST = 1250;
const HIT_COST = 300;
const KEY_COST = 40;

/** A hit whose span is judged, and which counts in the spans of others. */
export interface JudgedHit extends CountedHit {
  readonly arrived: Micros;
  /** When Sidewatch was back, where it was away before the hit was judged: it is judged as if it had arrived then. */
  readonly resumed?: Micros;
}

/** From when on a hit waits to be judged. */
export function waitsFrom({ arrived, resumed = arrived }: JudgedHit): Micros {
  return resumed;
}

/** The hits of one group of a sliding rule whose condition a late hit can revoke: all that are known, in their order. */
export class JudgedGroup extends HeldGroup implements Waiting {
  due: number | undefined;
  readonly #timespan: number;
  readonly #lateness: number;
  bytes = GROUP_COST + this.key.length;
  /** By event time; those of one time by identity, so that the order of arrival decides nothing. */
  readonly #byTime: JudgedHit[] = [];
  /** By arrival; the first `#judged` of them have been judged. */
  readonly #byArrival: JudgedHit[] = [];
  #judged = 0;
  /** The arrival of the last hit that there was no room for. */
  #refused = Number.NEGATIVE_INFINITY;
  /** Buckets that fired, until when that is remembered. */
  readonly fired = new Map<number, number>();

  constructor(key: string, first: Pick<Hit, 'group' | 'payer'>, timespan: number, lateness: number) {
    super(key, first);
    this.#timespan = timespan;
    this.#lateness = lateness;
  }

  /** From when on the next hit to be judged waits; undefined where all are judged. */
  get next(): Micros | undefined {
    const next = this.#byArrival[this.#judged];
    return next && waitsFrom(next);
  }

  /** By event time. */
  get latest(): JudgedHit | undefined {
    return this.#byTime.at(-1);
  }

  /** Whether nothing that it holds can affect a later answer. */
  idle(now: number): boolean {
    const last = this.#byArrival.at(-1)?.arrived ?? Number.NEGATIVE_INFINITY;
    if (this.next !== undefined || last + this.#timespan + this.#lateness >= now) return false;
    for (const until of this.fired.values()) if (until >= now) return false;
    return true;
  }

  /** 'known': a repeat; 'full': there is no room for it. */
  add(hit: JudgedHit): 'held' | 'known' | 'full' {
    this.#forget(hit.arrived);
    const index = this.#indexOf(hit);
    const known = this.#byTime[index];
    // A repeat whose own span can no longer hold the first one is a hit again, whether or not the first is still held.
    if (known && order(known, hit) === 0 && known.arrived >= this.#knownFrom(hit.arrived)) return 'known';
    if (this.#byTime.length >= JUDGED_MAX) {
      this.#refused = hit.arrived;
      return 'full';
    }
    this.#byTime.splice(index, 0, hit);
    this.#byArrival.push(hit);
    this.bytes += costOf(hit);
    return 'held';
  }

  save(): SavedJudged {
    return {
      kind: 'judged',
      hits: [...this.#byArrival],
      judged: this.#judged,
      refused: this.#refused,
      fired: [...this.fired].map(([bucket, until]) => ({ bucket, until })),
    };
  }

  load({ hits, judged, refused, fired }: SavedJudged): void {
    this.#hold(hits);
    this.#judged = judged;
    this.#refused = refused;
    for (const { bucket, until } of fired) this.fired.set(bucket, until);
  }

  /**
   * Hits arrived as much later as Sidewatch was away, and those that are not judged wait from now on; what fired is remembered as
   * long as if it had fired now.
   */
  resume(from: Micros, now: Micros, remembered: number): void {
    const hits = this.#byArrival.map((hit, i): JudgedHit => {
      const arrived = Math.min(hit.arrived + now - from, Math.max(hit.arrived, now)) as Micros;
      return { ...hit, arrived, ...(i < this.#judged || arrived >= now ? {} : { resumed: now }) };
    });
    this.#hold(hits);
    this.#refused += now - from;
    for (const [bucket, until] of this.fired) this.fired.set(bucket, Math.max(until, now + remembered));
  }

  /** The next hit to be judged of those that wait from a time before `before`. */
  take(before: number): JudgedHit | undefined {
    const hit = this.#byArrival[this.#judged];
    if (!hit || waitsFrom(hit) >= before) return undefined;
    this.#judged++;
    return hit;
  }

  /**
   * The span that ends at a hit, as it is known when the hit is due to be judged, by event time: hits that arrived until it has
   * waited for the lateness, and no longer ago than can be in its span. So neither a late judgement nor what happens to be
   * still held decides anything.
   */
  *spanOf(hit: JudgedHit): Iterable<JudgedHit> {
    const {
      held: { at },
      arrived,
    } = hit;
    const until = waitsFrom(hit) + this.#lateness;
    for (let i = this.#after(at - this.#timespan); i < this.#byTime.length; i++) {
      const other = this.#byTime[i]!;
      if (other.held.at > at) return;
      if (other.arrived <= until && other.arrived >= this.#knownFrom(arrived)) yield other;
    }
  }

  /** False where a hit may be missing from that span because there was no room for it. */
  whole({ arrived }: JudgedHit): boolean {
    return this.#refused < this.#knownFrom(arrived);
  }

  /** These hits in place of those that are held. */
  #hold(hits: readonly JudgedHit[]): void {
    for (const hit of this.#byArrival) this.bytes -= costOf(hit);
    this.#byArrival.splice(0, Number.POSITIVE_INFINITY, ...hits);
    this.#byTime.length = 0;
    for (const hit of hits) {
      this.#byTime.splice(this.#indexOf(hit), 0, hit);
      this.bytes += costOf(hit);
    }
  }

  #knownFrom(arrived: number): number {
    return arrived - this.#timespan - this.#lateness;
  }

  #forget(now: number): void {
    const needed = this.#knownFrom(Math.min(this.#byArrival[this.#judged]?.arrived ?? now, now));
    let old = 0;
    while (old < this.#judged && this.#byArrival[old]!.arrived < needed) old++;
    if (old > 0) {
      for (const hit of this.#byArrival.splice(0, old)) {
        this.#byTime.splice(this.#byTime.indexOf(hit, this.#after(hit.held.at - 1)), 1);
        this.bytes -= costOf(hit);
      }
      this.#judged -= old;
    }
    for (const [bucket, until] of this.fired) if (until < now) this.fired.delete(bucket);
  }

  /** The index in `#byTime` of the first hit after a time. */
  #after(time: number): number {
    return firstIndex(this.#byTime, (hit) => hit.held.at > time);
  }

  /** The index in `#byTime` at which the hit stands, or belongs. */
  #indexOf(hit: JudgedHit): number {
    return firstIndex(this.#byTime, (other) => order(other, hit) >= 0);
  }
}

function order({ held: a }: JudgedHit, { held: b }: JudgedHit): number {
  if (a.at !== b.at) return a.at - b.at;
  // A hit without an identity is never a repeat.
  if (a.identity === null || b.identity === null) return a.identity === null ? 1 : -1;
  return compare(a.identity, b.identity) || compare(a.input, b.input);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function costOf({ keys, held }: JudgedHit): number {
  return HIT_COST + keys.reduce((sum, key) => sum + KEY_COST + key.length, cost(held.values));
}

/** The index of the first item that passes, in a list whose later items all pass. */
function firstIndex<T>(list: readonly T[], passes: (item: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
