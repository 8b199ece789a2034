import type { Batch } from '../../../src/export/batch.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Outbox } from '../../../src/model/state.ts';
import { aRiskEvent } from './loopback.ts';

/** A batch of events with these uids, numbered by their place. */
export const batchOf = (uids: string): Batch =>
  [...uids].map((uid, seq) => ({ seq, event: aRiskEvent(uid) }));

/** The uids of a batch. */
export const uidsOf = (batch: readonly { readonly event: RiskEvent }[]): string =>
  batch.map(({ event }) => event.uid).join('');

/** An outbox that holds what it is given and has stopped, unless it is `open` and waits for more. */
export class FakeOutbox implements Outbox {
  readonly keeps = false;
  readonly settled: string[] = [];
  readonly #queue: Batch[number][];
  readonly #open: boolean;
  size: number;

  constructor(uids: string, open = false) {
    this.#queue = [...batchOf(uids)];
    this.#open = open;
    this.size = this.#queue.length;
  }

  left() {
    return this.size;
  }

  oldest() {
    return undefined;
  }

  async take(_to: string, max: number) {
    if (this.#queue.length === 0 && this.#open) return await new Promise<never>(() => {});
    return this.#queue.splice(0, max);
  }

  async settle(to: string, seq: readonly number[], how: 'delivered' | 'dead') {
    this.size -= seq.length;
    this.settled.push(`${to} ${seq.join(',')} ${how}`);
  }
}
