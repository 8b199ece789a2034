import { unlessAborted } from '../lib/aborted.ts';
import type { Destination } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';
import type { Batch } from './batch.ts';

/** The risk events of an outbox for one destination, in batches of at most `size`, each of events that may be sent together. */
export class OutboxBatches {
  readonly #outbox: Outbox;
  readonly #destination: Pick<Destination, 'name' | 'requestKey'>;
  readonly #size: number;
  /** The outbox has been asked for it. */
  #asked: Promise<Batch> | undefined;
  /** What else the outbox gave with the last batch, but cannot be sent together with it. */
  readonly #others: Batch[] = [];

  constructor(outbox: Outbox, destination: Pick<Destination, 'name' | 'requestKey'>, size: number) {
    this.#outbox = outbox;
    this.#destination = destination;
    this.#size = size;
  }

  /** Waits for a batch. Empty once the outbox has stopped and holds none; undefined when `by` aborts. */
  async next(by: AbortSignal): Promise<Batch | undefined> {
    return this.#others.shift() ?? this.#divided(await unlessAborted(this.#ask(), by));
  }

  /** What the outbox has now, without a wait; empty where it has nothing. */
  async now(): Promise<Batch> {
    const other = this.#others.shift();
    if (other) return other;
    const batch = await Promise.race([this.#ask(), Promise.resolve(undefined)]);
    return batch ? (this.#divided(batch) ?? []) : [];
  }

  #divided(batch: Batch | undefined): Batch | undefined {
    this.#asked = undefined;
    const { requestKey } = this.#destination;
    if (!requestKey || !batch) return batch;
    const [first = [], ...others] = Map.groupBy(batch, ({ event }) => requestKey(event)).values();
    this.#others.push(...others);
    return first;
  }

  #ask(): Promise<Batch> {
    this.#asked ??= this.#outbox.take(this.#destination.name, this.#size);
    return this.#asked;
  }
}
