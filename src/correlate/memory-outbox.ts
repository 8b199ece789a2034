import type { RiskEvent } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Micros } from '../model/time.ts';

interface Waiting {
  readonly seq: number;
  readonly event: RiskEvent;
  readonly since: Micros;
  /** Destinations that have not settled it. */
  readonly open: Set<string>;
}

/** Risk events in order, from the moment they fire until every destination has settled them. */
export class MemoryOutbox implements Outbox {
  readonly #destinations: readonly string[];
  readonly #events = new Map<number, Waiting>();
  readonly #queues: ReadonlyMap<string, Waiting[]>;
  /** By destination: calls of `take` that wait for an event. */
  readonly #takers = new Map<string, (() => void)[]>();
  /** Calls of `stop` that wait until all events are settled. */
  readonly #stops: (() => void)[] = [];
  /** By destination: how many events it has not settled. */
  readonly #left: Map<string, number>;
  readonly #settled = new Map<string, number>();
  #seq = 0;
  #stopped = false;

  constructor(destinations: readonly string[]) {
    this.#destinations = destinations;
    this.#queues = new Map(destinations.map((name) => [name, []]));
    this.#left = new Map(destinations.map((name) => [name, 0]));
  }

  get size(): number {
    return this.#events.size;
  }

  left(to: string): number {
    return this.#left.get(to) ?? 0;
  }

  /** Events that one destination has settled until now. */
  settledBy(to: string): number {
    return this.#settled.get(to) ?? 0;
  }

  oldest(to: string): Micros | undefined {
    for (const { open, since } of this.#events.values()) if (open.has(to)) return since;
    return undefined;
  }

  add(events: readonly RiskEvent[], since: Micros): void {
    for (const event of events) {
      const waiting = { seq: this.#seq++, event, since, open: new Set(this.#destinations) };
      this.#events.set(waiting.seq, waiting);
      for (const queue of this.#queues.values()) queue.push(waiting);
    }
    for (const [name, left] of this.#left) this.#left.set(name, left + events.length);
    if (events.length > 0) this.#wake();
  }

  async take(to: string, max: number): Promise<readonly { seq: number; event: RiskEvent }[]> {
    const queue = this.#queues.get(to);
    if (!queue) throw new Error(`the outbox has no destination ${to}`);
    while (queue.length === 0 && !this.#stopped) {
      await new Promise<void>((resolve) => this.#takers.set(to, [...(this.#takers.get(to) ?? []), resolve]));
    }
    return queue.splice(0, max);
  }

  async settle(to: string, seq: readonly number[], _how: 'delivered' | 'dead'): Promise<void> {
    for (const number of seq) {
      const waiting = this.#events.get(number);
      if (waiting?.open.delete(to)) {
        this.#left.set(to, this.left(to) - 1);
        this.#settled.set(to, this.settledBy(to) + 1);
      }
      if (waiting?.open.size === 0) this.#events.delete(number);
    }
    if (this.#events.size > 0) return;
    for (const resolve of this.#stops.splice(0)) resolve();
  }

  /** From now on `take` gives an empty list when there are no more events. Resolves when all are settled or `by` aborts. Twice is fine. */
  async stop(by: AbortSignal): Promise<void> {
    this.#stopped = true;
    this.#wake();
    if (this.#events.size === 0 || by.aborted) return;
    await new Promise<void>((resolve) => {
      this.#stops.push(resolve);
      by.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #wake(): void {
    for (const takers of this.#takers.values()) for (const resolve of takers.splice(0)) resolve();
  }
}
