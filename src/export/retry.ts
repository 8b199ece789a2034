import type { Counters } from '../model/counters.ts';
import type { Destination } from '../model/risk.ts';
import type { Batch, Decision, Stopped } from './batch.ts';
import type { Outage } from './outage.ts';
import type { Pauses } from './pauses.ts';

/** The last answer may be about the data, or may pass. Retrying alone does not show which. */
export interface Doubtful {
  readonly kind: 'doubtful';
  readonly why: string;
}

/** `patience`: how many doubtful answers in a row, each with a pause after it, end the retries. With 0 the first one does, without a pause. */
export type RetrySender = (
  batch: Batch,
  patience: number,
  by: AbortSignal,
) => Promise<Decision | Doubtful | Stopped>;

/** Sends a batch until the destination decides, however long that takes, with a pause after each failed attempt. */
export function retrying(
  destination: Destination,
  pauses: Pauses,
  outage: Outage,
  counters: Counters,
): RetrySender {
  return async (batch, patience, by) => {
    const events = batch.map(({ event }) => event);
    for (let doubts = 0; ; ) {
      const answer = await destination.send(events, by);
      const isDecision = answer.kind !== 'retry';
      if (isDecision || (answer.doubtful && patience === 0)) {
        pauses.reset();
        outage.over();
        return isDecision ? answer : { kind: 'doubtful', why: answer.why };
      }
      if (by.aborted || pauses.ended) return { kind: 'stopped' };
      counters.add('export_retries', 1, destination.name);
      outage.failed(answer.why);
      await pauses.next(answer.after, by);
      if (by.aborted || pauses.ended) return { kind: 'stopped' };
      doubts = answer.doubtful ? doubts + 1 : 0;
      if (answer.doubtful && doubts >= patience) return { kind: 'doubtful', why: answer.why };
    }
  };
}
