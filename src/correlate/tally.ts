import type { Hit, Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { Collected } from './collected.ts';

/** Identities that a tally remembers; beyond them a repeat counts again and the count is inexact. */
export const IDENTITIES_MAX = 10_000;

const IDENTITY_COST = 112;

/** The running figures of one window of one group: how many, when, and what they had. */
export class Tally {
  readonly #identities = new Set<string>();
  readonly #collected: Collected;
  count = 0;
  exact = true;
  first = Number.POSITIVE_INFINITY as Micros;
  last = Number.NEGATIVE_INFINITY as Micros;

  constructor(valuesMax: number) {
    this.#collected = new Collected(valuesMax);
  }

  /** `room`: bytes that its values may still take. Returns how many values were left out. */
  add(hit: Hit, room: number): number {
    if (hit.at < this.first) this.first = hit.at;
    if (hit.at > this.last) this.last = hit.at;
    const left = this.#collected.add(hit.values, room);
    if (hit.identity === null) this.count++;
    else if (!this.#identities.has(hit.identity)) {
      this.count++;
      if (this.#identities.size < IDENTITIES_MAX) this.#identities.add(hit.identity);
      else this.exact = false;
    }
    return left;
  }

  get values(): Values {
    return this.#collected.values;
  }

  get truncated(): readonly string[] {
    return this.#collected.truncated;
  }

  get bytes(): number {
    return 200 + this.#collected.bytes + this.#identities.size * IDENTITY_COST;
  }
}
