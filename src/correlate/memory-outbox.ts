import type { RiskEvent } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';

interface Entry {
  readonly seq: number;
  readonly event: RiskEvent;
  /** Destinations that have not settled it. */
  readonly open: Set<string>;
}

/** Risk events from the moment they fire until every destination has settled them, in order. */
export class MemoryOutbox implements Outbox {
  readonly #destinations: readonly string[];
  readonly #entries = new Map<number, Entry>();
  readonly #queues: ReadonlyMap<string, Entry[]>;
  readonly #waiting = new Map<string, (() => void)[]>();
  #drained: (() => void)[] = [];
  #seq = 0;
  #stopped = false;

  constructor(destinations: readonly string[]) {
    this.#destinations = destinations;
    this.#queues = new Map(destinations.map((name) => [name, []]));
  }

  get size(): number {
    return this.#entries.size;
  }

  left(to: string): number {
    let left = 0;
    for (const { open } of this.#entries.values()) if (open.has(to)) left++;
    return left;
  }

  add(events: readonly RiskEvent[]): void {
    for (const event of events) {
      const entry = { seq: this.#seq++, event, open: new Set(this.#destinations) };
      this.#entries.set(entry.seq, entry);
      for (const queue of this.#queues.values()) queue.push(entry);
    }
    if (events.length > 0) this.#wake();
  }

  async take(to: string, max: number): Promise<readonly { seq: number; event: RiskEvent }[]> {
    const queue = this.#queues.get(to);
    if (!queue) throw new Error(`the outbox has no destination ${to}`);
    while (queue.length === 0 && !this.#stopped) {
      await new Promise<void>((resolve) =>
        this.#waiting.set(to, [...(this.#waiting.get(to) ?? []), resolve]),
      );
    }
    return queue.splice(0, max);
  }

  async settle(to: string, seq: readonly number[], _how: 'delivered' | 'dead'): Promise<void> {
    for (const number of seq) {
      const entry = this.#entries.get(number);
      entry?.open.delete(to);
      if (entry?.open.size === 0) this.#entries.delete(number);
    }
    if (this.#entries.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Lets takers go once their queue is empty; resolves when all is settled or `by` aborts. Twice is fine. */
  async stop(by: AbortSignal): Promise<void> {
    this.#stopped = true;
    this.#wake();
    if (this.#entries.size === 0 || by.aborted) return;
    await new Promise<void>((resolve) => {
      this.#drained.push(resolve);
      by.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #wake(): void {
    for (const waiting of this.#waiting.values()) for (const resolve of waiting.splice(0)) resolve();
  }
}
