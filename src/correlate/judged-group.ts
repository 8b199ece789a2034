import type { Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected-values.ts';
import type { HeldGroup } from './group-table.ts';
import type { CountedHit } from './held-hit.ts';

/**
 * Hits that a group holds at most for a condition that a late hit can revoke. The newest give way: if the oldest did, a
 * flood would push hits out before they are judged.
 */
export const JUDGED_MAX = 2000;

const GROUP_COST = 1250;
const HELD_COST = 300;

/** A hit whose span is judged, and which counts in the spans of others. */
export interface Held extends CountedHit {
  readonly arrived: Micros;
}

/** The hits of one group of a sliding rule whose condition a late hit can revoke: all that are known, in their order. */
export class JudgedGroup implements HeldGroup {
  readonly key: string;
  readonly values: Hit['group'];
  readonly payer: string;
  readonly #timespan: number;
  readonly #lateness: number;
  counted = 0;
  bytes: number;
  /** By event time; those of one time by identity, so that the order of arrival decides nothing. */
  readonly #byTime: Held[] = [];
  /** By arrival; the first `#judged` of them have been judged. */
  readonly #byArrival: Held[] = [];
  #judged = 0;
  /** When the last hit came that there was no room for. */
  #refused = Number.NEGATIVE_INFINITY;
  /** Buckets that fired, until when that is remembered. */
  readonly fired = new Map<number, number>();

  constructor(
    key: string,
    { group, payer }: Pick<Hit, 'group' | 'payer'>,
    timespan: number,
    lateness: number,
  ) {
    this.key = key;
    this.values = group;
    this.payer = payer;
    this.#timespan = timespan;
    this.#lateness = lateness;
    this.bytes = GROUP_COST + key.length;
  }

  /** The arrival of the next hit to be judged; undefined where all are. */
  get next(): Micros | undefined {
    return this.#byArrival[this.#judged]?.arrived;
  }

  /** Whether nothing that it holds can matter any more. */
  idle(now: number): boolean {
    const last = this.#byArrival.at(-1)?.arrived ?? Number.NEGATIVE_INFINITY;
    if (this.next !== undefined || last + this.#timespan + this.#lateness >= now) return false;
    for (const until of this.fired.values()) if (until >= now) return false;
    return true;
  }

  /** 'known': a repeat; 'full': there is no room for it. */
  add(held: Held): 'held' | 'known' | 'full' {
    this.#forget(held.arrived);
    const index = this.#indexOf(held);
    const known = this.#byTime[index];
    // A repeat of what can meet nothing any more is a hit again, whether or not it is still held.
    if (known && order(known, held) === 0 && known.arrived >= held.arrived - this.#timespan - this.#lateness)
      return 'known';
    if (this.#byTime.length >= JUDGED_MAX) {
      this.#refused = held.arrived;
      return 'full';
    }
    this.#byTime.splice(index, 0, held);
    this.#byArrival.push(held);
    this.bytes += costOf(held);
    return 'held';
  }

  /** The next hit to be judged of those that arrived before `before`. */
  take(before: number): Held | undefined {
    const held = this.#byArrival[this.#judged];
    if (!held || held.arrived >= before) return undefined;
    this.#judged++;
    return held;
  }

  /**
   * What is known of the span that ends at a hit at its time of judgement, by event time: what arrived up to its arrival
   * plus lateness, and no longer ago than can meet it. So neither a late judgement nor what is still held decides.
   */
  *spanOf({ held: { at }, arrived }: Held): Iterable<Held> {
    for (let i = this.#after(at - this.#timespan); i < this.#byTime.length; i++) {
      const other = this.#byTime[i]!;
      if (other.held.at > at) return;
      if (other.arrived <= arrived + this.#lateness && other.arrived >= this.#knownFrom(arrived)) yield other;
    }
  }

  /** False where a hit may be missing from that span because there was no room for it. */
  whole({ arrived }: Held): boolean {
    return this.#refused < this.#knownFrom(arrived);
  }

  #knownFrom(arrived: number): number {
    return arrived - this.#timespan - this.#lateness;
  }

  #forget(now: number): void {
    const needed = this.#knownFrom(Math.min(this.next ?? now, now));
    let old = 0;
    while (old < this.#judged && this.#byArrival[old]!.arrived < needed) old++;
    if (old > 0) {
      for (const held of this.#byArrival.splice(0, old)) {
        this.#byTime.splice(this.#byTime.indexOf(held, this.#after(held.held.at - 1)), 1);
        this.bytes -= costOf(held);
      }
      this.#judged -= old;
    }
    for (const [bucket, until] of this.fired) if (until < now) this.fired.delete(bucket);
  }

  /** The index of the first held hit after a time. */
  #after(time: number): number {
    return firstIndex(this.#byTime, (held) => held.held.at > time);
  }

  /** Where it stands, or would. */
  #indexOf(held: Held): number {
    return firstIndex(this.#byTime, (other) => order(other, held) >= 0);
  }
}

function order({ held: a }: Held, { held: b }: Held): number {
  if (a.at !== b.at) return a.at - b.at;
  // A hit without an identity is never a repeat.
  if (a.identity === null || b.identity === null) return a.identity === null ? 1 : -1;
  return compare(a.identity, b.identity) || compare(a.input, b.input);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function costOf({ keys, held: sighting }: Held): number {
  return HELD_COST + keys.reduce((sum, key) => sum + 40 + key.length, cost(sighting.values));
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
