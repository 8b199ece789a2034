import type { RiskEvent, Route } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';
import type { Lent, OwnOutbox } from './own-outbox.ts';
import { SeverityQueue } from './severity-queue.ts';

interface Waiting {
  readonly seq: number;
  readonly event: RiskEvent;
  readonly since: Micros;
  /** How many destinations have not settled it. */
  open: number;
}

/** What one destination has before it. */
class Queue {
  /** All that it has not settled, in order. */
  readonly open = new Map<number, Waiting>();
  /** The part of it that nothing has taken. */
  readonly waiting = new SeverityQueue<Waiting>();
  /** The rest. */
  readonly lent = new Map<number, Waiting>();
  /** Calls of `take` that wait for an event. */
  takers: (() => void)[] = [];
  settled = 0;

  lend(taken: readonly Waiting[]): readonly Waiting[] {
    for (const one of taken) this.lent.set(one.seq, one);
    return taken;
  }

  wake(): void {
    for (const resolve of this.takers.splice(0)) resolve();
  }
}

/** Risk events from the moment they fire until every destination of theirs has settled them. */
export class MemoryOutbox implements OwnOutbox {
  readonly keeps = false;
  readonly #route: Route;
  readonly #queues: ReadonlyMap<string, Queue>;
  /** Calls of `stop` that wait until all events are settled. */
  readonly #stops: (() => void)[] = [];
  #listener = () => {};
  #size = 0;
  #seq = 0;
  #stopped = false;

  /** Without a route every destination gets every event. */
  constructor(destinations: readonly string[], route: Route = () => destinations) {
    this.#route = route;
    this.#queues = new Map(destinations.map((name) => [name, new Queue()]));
  }

  get size(): number {
    return this.#size;
  }

  left(to: string): number {
    return this.#queues.get(to)?.open.size ?? 0;
  }

  lent(to: string): number {
    return this.#queues.get(to)?.lent.size ?? 0;
  }

  settledBy(to: string): number {
    return this.#queues.get(to)?.settled ?? 0;
  }

  oldest(to: string): Micros | undefined {
    return this.#queues.get(to)?.open.values().next().value?.since;
  }

  onMore(listener: () => void): void {
    this.#listener = listener;
  }

  add(events: readonly RiskEvent[], since: Micros): void {
    const more = new Set<Queue>();
    for (const event of events) {
      const queues = this.#route(event).map((name) => this.#queue(name));
      if (queues.length === 0) continue;
      const waiting: Waiting = { seq: this.#seq++, event, since, open: queues.length };
      this.#size++;
      for (const queue of queues) {
        queue.open.set(waiting.seq, waiting);
        queue.waiting.push(event.rank.level, waiting);
        more.add(queue);
      }
    }
    for (const queue of more) queue.wake();
    if (more.size > 0) this.#listener();
  }

  async take(to: string, max: number): Promise<Lent> {
    const queue = this.#queue(to);
    while (queue.waiting.size === 0 && !this.#stopped) {
      await new Promise<void>((resolve) => queue.takers.push(resolve));
    }
    return queue.lend(queue.waiting.first(max));
  }

  async worst(to: string, max: number): Promise<Lent> {
    const queue = this.#queue(to);
    return queue.lend(queue.waiting.worst(max));
  }

  giveBack(to: string, seq: readonly number[]): void {
    const queue = this.#queue(to);
    const back = seq.flatMap((number) => queue.lent.get(number) ?? []);
    for (const one of back) queue.lent.delete(one.seq);
    for (const [level, all] of Map.groupBy(back, ({ event }) => event.rank.level))
      queue.waiting.putBack(level, all);
    if (back.length > 0) queue.wake();
  }

  async settle(to: string, seq: readonly number[], _how: 'delivered' | 'dead'): Promise<void> {
    const queue = this.#queue(to);
    for (const number of seq) {
      const waiting = queue.lent.get(number);
      if (!waiting) continue;
      queue.lent.delete(number);
      queue.open.delete(number);
      queue.settled++;
      waiting.open--;
      if (waiting.open === 0) this.#size--;
    }
    if (this.#size > 0) return;
    for (const resolve of this.#stops.splice(0)) resolve();
  }

  async stop(by: AbortSignal): Promise<void> {
    this.#stopped = true;
    for (const queue of this.#queues.values()) queue.wake();
    if (this.#size === 0 || by.aborted) return;
    await new Promise<void>((resolve) => {
      this.#stops.push(resolve);
      by.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #queue(to: string): Queue {
    const queue = this.#queues.get(to);
    if (!queue) throw new Error(`the outbox has no destination ${to}`);
    return queue;
  }
}
