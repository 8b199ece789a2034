import type { Micros } from '../model/time.ts';

const SECOND = 1_000_000;

/**
 * Things by the time they fall due. Times are rounded up to the next whole second, so that a backlog of windows
 * with a microsecond of their own each makes few entries.
 */
export class Due<T> {
  readonly #at = new Map<number, Set<T>>();
  #next = Number.POSITIVE_INFINITY;

  add(at: Micros, item: T): void {
    const second = Math.ceil(at / SECOND) * SECOND;
    const items = this.#at.get(second);
    if (items) items.add(item);
    else this.#at.set(second, new Set([item]));
    if (second < this.#next) this.#next = second;
  }

  /** The earliest time at which something is due. */
  get next(): Micros | undefined {
    return this.#next === Number.POSITIVE_INFINITY ? undefined : (this.#next as Micros);
  }

  /** Takes one thing that is due at `now`, the earliest first. */
  take(now: Micros): T | undefined {
    const items = this.#next <= now ? this.#at.get(this.#next) : undefined;
    if (!items) return undefined;
    const [item] = items;
    items.delete(item!);
    if (items.size === 0) {
      this.#at.delete(this.#next);
      this.#next = Number.POSITIVE_INFINITY;
      for (const second of this.#at.keys()) if (second < this.#next) this.#next = second;
    }
    return item;
  }
}
