import { RecentlyUsed } from '../lib/recently-used.ts';
import type { Destination } from '../model/risk.ts';
import type { Batch, Decision, Stopped } from './batch.ts';
import type { RetrySender } from './retry.ts';

/** A batch, or a part of one. */
export interface Suspect {
  /** Events with one request key. */
  readonly batch: Batch;
  /** How many batches with its request key the destination had accepted when this one was in doubt last. */
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

/** Request keys whose accepted batches are remembered. One that is forgotten has none, so more is tried before a refusal. */
const KEYS_MAX = 1000;

/**
 * Decides whether a doubtful answer (HTTP 500) is about the data. It is, if the destination accepted other events after the
 * first doubt and then gives the same answer again. So other events must be tried in between, and while the destination
 * accepts nothing, no event is refused. Events of another request key do not count: they may go to another tenant.
 */
export function doubting(retry: RetrySender, requestKey?: Destination['requestKey']): DoubtSender {
  const accepted = new RecentlyUsed<string, number>({ max: KEYS_MAX });
  return async ({ batch, doubtedAt }, by) => {
    const key = (batch[0] && requestKey?.(batch[0].event)) ?? '';
    const before = accepted.get(key) ?? 0;
    const othersAccepted = doubtedAt !== undefined && doubtedAt < before;
    const patience = othersAccepted ? 0 : doubtedAt === undefined ? PATIENCE : 1;
    const outcome = await retry(batch, patience, by);
    if (outcome.kind === 'delivered') accepted.set(key, before + 1);
    if (outcome.kind !== 'doubtful') return outcome;
    return othersAccepted ? { kind: 'refused', why: outcome.why } : { kind: 'in doubt', doubtedAt: before };
  };
}
