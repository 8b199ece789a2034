import type { Counters } from '../model/counters.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { QueueBound } from '../model/state.ts';
import type { OwnOutbox } from './own-outbox.ts';

/** Events that are taken out of a queue together. */
const AT_ONCE = 512;

/**
 * Keeps the queues within their size that do not block: the least severe events, and of these the oldest, are dropped or
 * written to the dead letters. What is lent for a delivery attempt does not count, and stays.
 */
export class Overflow {
  readonly #outbox: OwnOutbox;
  readonly #queues: readonly (readonly [name: string, bound: QueueBound])[];
  readonly #counters: Counters;
  readonly #deadLetters: DeadLetters | undefined;
  readonly #running = new Set<string>();
  /** Destinations whose dead letters could not be written the last time. */
  readonly #unwritable = new Set<string>();

  constructor(
    outbox: OwnOutbox,
    queues: ReadonlyMap<string, QueueBound>,
    counters: Counters,
    deadLetters: DeadLetters | undefined,
  ) {
    this.#outbox = outbox;
    this.#queues = [...queues].filter(([, { onFull }]) => onFull !== 'block');
    this.#counters = counters;
    this.#deadLetters = deadLetters;
    outbox.onMore(() => this.review());
  }

  /** Whether requests must wait while the queue is full: always, or because its dead letters cannot be written now. */
  blocks(to: string, { onFull }: QueueBound): boolean {
    return onFull === 'block' || this.#unwritable.has(to);
  }

  /** Takes out what is too much, also where it was not possible before. */
  review(): void {
    for (const [name, bound] of this.#queues) {
      if (this.#running.has(name) || this.#excess(name, bound) <= 0) continue;
      this.#running.add(name);
      void this.#shrink(name, bound);
    }
  }

  #excess(name: string, { size }: QueueBound): number {
    const excess = this.#outbox.left(name) - this.#outbox.lent(name) - size;
    // A queue that is just full, too, where it was not possible before: only an attempt shows whether it is again.
    return excess === 0 && this.#unwritable.has(name) ? 1 : excess;
  }

  async #shrink(name: string, bound: QueueBound): Promise<void> {
    try {
      let excess = this.#excess(name, bound);
      while (excess > 0 && (await this.#takeOut(name, bound, Math.min(excess, AT_ONCE))))
        excess = this.#excess(name, bound);
    } finally {
      this.#running.delete(name);
    }
  }

  /** False where it cannot go on for now. */
  async #takeOut(name: string, { size, onFull }: QueueBound, count: number): Promise<boolean> {
    const worst = await this.#outbox.worst(name, count);
    if (worst.length === 0) return false;
    const seqs = worst.map(({ seq }) => seq);
    if (onFull === 'dead_letter') {
      const why = `the queue was full: ${size} risk events waited`;
      const letters = worst.map(({ event }) => ({ event, why }));
      const isWritten = this.#deadLetters && (await this.#deadLetters.write(name, letters)) === undefined;
      if (!isWritten) {
        this.#unwritable.add(name);
        this.#outbox.giveBack(name, seqs);
        return false;
      }
    }
    this.#unwritable.delete(name);
    await this.#outbox.settle(name, seqs, 'dead');
    if (onFull === 'drop_oldest') this.#counters.add('outbox_dropped', seqs.length, name);
    return true;
  }
}
