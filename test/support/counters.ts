import type { CounterName, Counters } from '../../src/model/counters.ts';

/** Counters that a test can read: `of('hits_late')` sums over all labels, `of('hits', 'rule-id')` is one of them. */
export class TestCounters implements Counters {
  readonly #counts = new Map<string, number>();

  add(name: CounterName, n = 1, by = ''): void {
    const key = `${name} ${by}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + n);
  }

  /** All that was counted, as `name by`. */
  get counted(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  of(name: CounterName, by?: string): number {
    if (by !== undefined) return this.#counts.get(`${name} ${by}`) ?? 0;
    let sum = 0;
    for (const [key, count] of this.#counts) if (key.startsWith(`${name} `)) sum += count;
    return sum;
  }
}
