import type { Lent, OwnOutbox } from '../correlate/own-outbox.ts';
import { seconds } from '../lib/time-format.ts';
import type { RiskEvent, Route } from '../model/risk.ts';
import { LEVELS } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { decodeEvent, encodeEvent } from './codec.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { Store, StoredEvent, StoreFault } from './store.ts';

/** After the store could not be read, until it is tried again. */
const READ_AGAIN_AFTER = seconds(1);

/** What waits on disk for one destination. */
class Queue {
  /** Events that it has not settled. */
  left: number;
  /** Those of them that are durable and not lent. */
  ready: number;
  oldest: Micros | undefined;
  readonly lent = new Set<number>();
  /** Settled, and not durably yet: the store still gives them. */
  readonly settling = new Set<number>();
  settled = 0;
  /** Resolves when the loan is made that was asked for last: two at a time would be of the same events. */
  lending: Promise<unknown> = Promise.resolve();
  takers: (() => void)[] = [];

  constructor(left = 0, oldest?: Micros) {
    this.left = left;
    this.ready = left;
    this.oldest = oldest;
  }

  wake(): void {
    for (const resolve of this.takers.splice(0)) resolve();
  }
}

type Waiting = Awaited<ReturnType<Store['waiting']>>;

/** Risk events on disk, from the moment they fire until every destination of theirs has settled them. */
export class DurableOutbox implements OwnOutbox {
  readonly keeps = true;
  readonly #store: Store;
  readonly #journal: Pick<JournalWriter, 'add' | 'settle'>;
  readonly #route: Route;
  readonly #unread: (to: string, why: string) => void;
  readonly #queues: ReadonlyMap<string, Queue>;
  #listener = () => {};
  #seq: number;
  #stopped = false;

  /** `waiting`: what the store holds now. `unread`: called when the store cannot be read, which is tried again. */
  constructor(
    store: Store,
    journal: Pick<JournalWriter, 'add' | 'settle'>,
    destinations: readonly string[],
    waiting: Waiting,
    unread: (to: string, why: string) => void,
    route: Route = () => destinations,
  ) {
    this.#store = store;
    this.#journal = journal;
    this.#unread = unread;
    this.#route = route;
    this.#seq = store.last.seq;
    this.#queues = new Map(
      destinations.map((name) => [name, new Queue(waiting.get(name)?.left, waiting.get(name)?.oldest)]),
    );
  }

  /** Events are on disk with the destinations that they wait for, so this is only "at least". */
  get size(): number {
    return Math.max(0, ...Array.from(this.#queues.values(), ({ left }) => left));
  }

  left(to: string): number {
    return this.#queues.get(to)?.left ?? 0;
  }

  lent(to: string): number {
    return this.#queues.get(to)?.lent.size ?? 0;
  }

  settledBy(to: string): number {
    return this.#queues.get(to)?.settled ?? 0;
  }

  /** As it was when the last settlement became durable. */
  oldest(to: string): Micros | undefined {
    return this.#queues.get(to)?.oldest;
  }

  onMore(listener: () => void): void {
    this.#listener = listener;
  }

  add(events: readonly RiskEvent[], since: Micros): void {
    for (const event of events) {
      const to = this.#route(event);
      if (to.length === 0) continue;
      const priority = LEVELS.indexOf(event.rank.level);
      this.#journal.add({ seq: ++this.#seq, priority, since, to, bytes: encodeEvent(event) });
      for (const name of to) {
        const queue = this.#queue(name);
        queue.left++;
        queue.oldest ??= since;
      }
    }
  }

  /** To be called when events are durable, and when what was settled is. */
  committed(events: readonly StoredEvent[], settled: ReadonlyMap<string, readonly number[]>): void {
    for (const { to } of events) for (const name of to) this.#queue(name).ready++;
    for (const [name, seqs] of settled) {
      for (const seq of seqs) this.#queue(name).settling.delete(seq);
      void this.#look(name);
    }
    if (events.length === 0) return;
    for (const queue of this.#queues.values()) if (queue.ready > 0) queue.wake();
    this.#listener();
  }

  async take(to: string, max: number): Promise<Lent> {
    const queue = this.#queue(to);
    for (;;) {
      while (queue.ready <= 0 && !this.#stopped)
        await new Promise<void>((resolve) => queue.takers.push(resolve));
      if (this.#stopped) return [];
      const taken = await this.#lend(to, max, 'first');
      if ('kind' in taken) {
        this.#unread(to, taken.why);
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_AFTER).unref());
      } else {
        if (taken.length > 0) return taken;
        queue.ready = 0;
      }
    }
  }

  async worst(to: string, max: number): Promise<Lent> {
    const taken = await this.#lend(to, max, 'worst');
    return 'kind' in taken ? [] : taken;
  }

  giveBack(to: string, seq: readonly number[]): void {
    const queue = this.#queue(to);
    for (const one of seq) if (queue.lent.delete(one)) queue.ready++;
    queue.wake();
  }

  async settle(to: string, seq: readonly number[], _how: 'delivered' | 'dead'): Promise<void> {
    const queue = this.#queue(to);
    const own = seq.filter((one) => queue.lent.delete(one));
    if (own.length === 0) return;
    for (const one of own) queue.settling.add(one);
    queue.left -= own.length;
    queue.settled += own.length;
    this.#journal.settle(to, own);
    if (queue.left === 0) queue.oldest = undefined;
  }

  /** What waits stays on disk, so nothing more is taken. Resolves when nothing is lent, or `by` aborts. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const queue of this.#queues.values()) queue.wake();
  }

  async #look(name: string): Promise<void> {
    try {
      const oldest = await this.#store.oldest(name);
      const queue = this.#queue(name);
      if (queue.left > 0 && oldest !== undefined) queue.oldest = oldest;
    } catch {
      // It stays as it was known.
    }
  }

  #lend(to: string, max: number, which: 'first' | 'worst'): Promise<Lent | StoreFault> {
    const queue = this.#queue(to);
    const lent = queue.lending.then(() => this.#lendNow(queue, to, max, which));
    queue.lending = lent.catch(() => {});
    return lent;
  }

  async #lendNow(
    queue: Queue,
    to: string,
    max: number,
    which: 'first' | 'worst',
  ): Promise<Lent | StoreFault> {
    const events = await this.#store.take(to, max, [...queue.lent, ...queue.settling], which);
    if ('kind' in events) return events;
    for (const { seq } of events) queue.lent.add(seq);
    queue.ready -= events.length;
    return events.map(({ seq, bytes }) => ({ seq, event: decodeEvent(bytes) }));
  }

  #queue(to: string): Queue {
    const queue = this.#queues.get(to);
    if (!queue) throw new Error(`the outbox has no destination ${to}`);
    return queue;
  }
}
