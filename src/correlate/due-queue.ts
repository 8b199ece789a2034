import type { Micros } from '../model/time.ts';

const SECOND = 1_000_000;

/** What may wait in one queue at a time. */
export interface Waiting {
  /** The queue's: the second when it is due; undefined while it does not wait. */
  due: number | undefined;
}

/** When an item that waits is due. */
export function dueTime({ due }: Waiting): Micros {
  return ((due ?? 0) * SECOND) as Micros;
}

/**
 * Items by the time at which they are due, each once. Times are rounded up to whole seconds, so that a backlog of windows
 * that each have their own microsecond makes few keys. Items of one second are taken in an order of their own, not in that in
 * which they were added: a journal says only how many were taken, and after a restart these must be the same ones.
 */
export class DueQueue<T extends Waiting> {
  readonly #order: (a: T, b: T) => number;
  /** By second. */
  readonly #at = new Map<number, Set<T>>();
  #next = Number.POSITIVE_INFINITY;
  /** The items of a second that is being taken, the last one first, with some that were removed meanwhile. */
  #taking: { readonly second: number; readonly items: T[] } | undefined;

  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  /** For an item that does not wait yet. */
  add(at: Micros, item: T): void {
    const second = Math.ceil(at / SECOND);
    const items = this.#at.get(second);
    if (items) items.add(item);
    else this.#at.set(second, new Set([item]));
    item.due = second;
    if (second < this.#next) this.#next = second;
    if (second === this.#taking?.second) this.#taking = undefined;
  }

  /** For an item that is closed early: in a flood, items that stay until they are due would be all that ever came. */
  remove(item: T): void {
    const second = item.due;
    if (second === undefined) return;
    item.due = undefined;
    const items = this.#at.get(second)!;
    items.delete(item);
    if (items.size === 0) this.#forget(second);
  }

  /** The earliest time at which something is due. */
  get next(): Micros | undefined {
    return this.#next === Number.POSITIVE_INFINITY ? undefined : ((this.#next * SECOND) as Micros);
  }

  /** The item that is next, of those that are due at `now`. It stays. */
  first(now: Micros): T | undefined {
    const second = this.#next;
    if (second * SECOND > now) return undefined;
    if (this.#taking?.second !== second)
      this.#taking = { second, items: [...this.#at.get(second)!].sort((a, b) => this.#order(b, a)) };
    const { items } = this.#taking;
    while (items.at(-1)!.due !== second) items.pop();
    return items.at(-1);
  }

  /** The same, and it goes. */
  take(now: Micros): T | undefined {
    const item = this.first(now);
    if (item) this.remove(item);
    return item;
  }

  /** Takes all items that are due before `time`. */
  takeBefore(time: Micros): readonly T[] {
    const seconds = [...this.#at.keys()].filter((second) => second * SECOND < time);
    const items = seconds.flatMap((second) => [...this.#at.get(second)!]);
    for (const item of items) this.remove(item);
    return items;
  }

  #forget(second: number): void {
    this.#at.delete(second);
    if (second === this.#taking?.second) this.#taking = undefined;
    if (second !== this.#next) return;
    this.#next = Number.POSITIVE_INFINITY;
    for (const other of this.#at.keys()) if (other < this.#next) this.#next = other;
  }
}
