import type { Delivery } from '../model/risk.ts';
import type { Outbox } from '../model/state.ts';

/** Risk events of the outbox that are sent together. */
export type Batch = Awaited<ReturnType<Outbox['take']>>;

/** What a destination decided about a batch. */
export type Decision = Exclude<Delivery, { readonly kind: 'retry' }>;

/** The signal aborted before the destination decided. The outbox still holds the batch. */
export interface Stopped {
  readonly kind: 'stopped';
}

/** Reports to people what goes wrong and what is right again, as often as it happens; the receiver of it keeps the log short. */
export type Report = (what: string, why: string, times?: number) => void;
