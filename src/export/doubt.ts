import type { Batch, Decision, Stopped } from './batch.ts';
import type { RetrySender } from './retry.ts';

/** A batch, or a part of one. */
export interface Suspect {
  readonly batch: Batch;
  /** How many batches the destination had accepted when this one was in doubt last. */
  readonly doubtedAt?: number;
}

export interface InDoubt {
  readonly kind: 'in doubt';
  /** For the parts that this one is divided into. */
  readonly doubtedAt: number;
}

export type DoubtSender = (suspect: Suspect, by: AbortSignal) => Promise<Decision | InDoubt | Stopped>;

/** Doubtful answers in a row to a batch that was not in doubt before, until other events are tried in between. */
const PATIENCE = 2;

/**
 * Decides whether a doubtful answer (HTTP 500) is about the data. It is, if the destination accepted other events after the
 * first doubt and then gives the same answer again. So other events must be tried in between, and while the destination
 * accepts nothing, no event is refused.
 */
export function doubting(retry: RetrySender): DoubtSender {
  let accepted = 0;
  return async ({ batch, doubtedAt }, by) => {
    const othersAccepted = doubtedAt !== undefined && doubtedAt < accepted;
    const patience = othersAccepted ? 0 : doubtedAt === undefined ? PATIENCE : 1;
    const outcome = await retry(batch, patience, by);
    if (outcome.kind === 'delivered') accepted++;
    if (outcome.kind !== 'doubtful') return outcome;
    return othersAccepted ? { kind: 'refused', why: outcome.why } : { kind: 'in doubt', doubtedAt: accepted };
  };
}
