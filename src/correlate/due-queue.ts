import type { Micros } from '../model/time.ts';

const SECOND = 1_000_000;

/**
 * Items by the time at which they are due, each once. Times are rounded up to whole seconds, so that a backlog of windows
 * that each have their own microsecond makes few keys.
 */
export class DueQueue<T> {
  readonly #at = new Map<number, Set<T>>();
  readonly #when = new Map<T, number>();
  #next = Number.POSITIVE_INFINITY;

  has(item: T): boolean {
    return this.#when.has(item);
  }

  /** For an item that does not wait yet. */
  add(at: Micros, item: T): void {
    const second = Math.ceil(at / SECOND) * SECOND;
    const items = this.#at.get(second);
    if (items) items.add(item);
    else this.#at.set(second, new Set([item]));
    this.#when.set(item, second);
    if (second < this.#next) this.#next = second;
  }

  /** For an item that is closed early: in a flood, items that stay until they are due would be all that ever came. */
  remove(item: T): void {
    const second = this.#when.get(item);
    if (second === undefined) return;
    this.#when.delete(item);
    const items = this.#at.get(second)!;
    items.delete(item);
    if (items.size === 0) this.#forget(second);
  }

  /** The earliest time at which something is due. */
  get next(): Micros | undefined {
    return this.#next === Number.POSITIVE_INFINITY ? undefined : (this.#next as Micros);
  }

  /** Takes one item that is due at `now`, the earliest first. */
  take(now: Micros): T | undefined {
    const items = this.#next <= now ? this.#at.get(this.#next) : undefined;
    if (!items) return undefined;
    const [item] = items;
    this.remove(item!);
    return item;
  }

  /** Takes all items that are due before `time`. */
  takeBefore(time: Micros): readonly T[] {
    const items = [...this.#when].filter(([, second]) => second < time).map(([item]) => item);
    for (const item of items) this.remove(item);
    return items;
  }

  #forget(second: number): void {
    this.#at.delete(second);
    if (second !== this.#next) return;
    this.#next = Number.POSITIVE_INFINITY;
    for (const other of this.#at.keys()) if (other < this.#next) this.#next = other;
  }
}
