import { unlessAborted } from '../lib/aborted.ts';
import type { Outbox } from '../model/state.ts';
import type { Batch } from './batch.ts';

/** The risk events of an outbox for one destination, in batches of at most `size`. */
export class OutboxBatches {
  readonly #outbox: Outbox;
  readonly #destination: string;
  readonly #size: number;
  /** The outbox has been asked for it. */
  #asked: Promise<Batch> | undefined;

  constructor(outbox: Outbox, destination: string, size: number) {
    this.#outbox = outbox;
    this.#destination = destination;
    this.#size = size;
  }

  /** Waits for a batch. Empty once the outbox has stopped and holds none; undefined when `by` aborts. */
  async next(by: AbortSignal): Promise<Batch | undefined> {
    const batch = await unlessAborted(this.#ask(), by);
    this.#asked = undefined;
    return batch;
  }

  /** What the outbox has now, without a wait; empty where it has nothing. */
  async now(): Promise<Batch> {
    const batch = await Promise.race([this.#ask(), Promise.resolve(undefined)]);
    if (batch === undefined) return [];
    this.#asked = undefined;
    return batch;
  }

  #ask(): Promise<Batch> {
    this.#asked ??= this.#outbox.take(this.#destination, this.#size);
    return this.#asked;
  }
}
