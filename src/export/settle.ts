import type { Counters } from '../model/counters.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Outbox } from '../model/state.ts';
import type { Batch, Decision, Report } from './batch.ts';
import type { BisectionSender } from './bisection.ts';
import type { Pauses } from './pauses.ts';

/** Resolves when the whole batch is settled, or when it is stopped. */
export type SettleSender = (batch: Batch, by: AbortSignal) => Promise<void>;

/** Where refused events are kept, and the pauses between attempts to write them there. */
interface Keeping {
  readonly letters: DeadLetters;
  readonly pauses: Pauses;
}

/**
 * Settles in the outbox what a destination has decided, part by part, and counts it. Refused events are written to the dead
 * letters first, however long that takes; without these they are lost for this destination. Both are reported once a batch.
 */
export function settling(
  bisect: BisectionSender,
  outbox: Outbox,
  name: string,
  counters: Counters,
  report: Report,
  keeping?: Keeping,
): SettleSender {
  let lastWarning = '';
  return async (all, by) => {
    let dead = 0;
    let refusal = '';
    let warning = '';
    for await (const { batch, decision } of bisect(all, by)) {
      const refused = refusedOf(batch, decision);
      const seqs = batch.map(({ seq }) => seq);
      if (refused > 0 && keeping && !(await kept(name, batch, decision, keeping, by))) return;
      await outbox.settle(name, seqs, decision.kind === 'refused' ? 'dead' : 'delivered');
      if (refused < batch.length) counters.add('exported', batch.length - refused, name);
      if (refused > 0) counters.add('export_dead', refused, name);
      dead += refused;
      if (refused > 0) refusal ||= decision.why ?? '';
      else warning ||= decision.why ?? '';
    }
    const where = keeping ? 'are in its dead letters' : 'are lost there';
    if (dead > 0) report(`risk events were permanently refused by ${name} and ${where}`, refusal, dead);
    // A receiver may give the same warning with every batch.
    else if (warning !== '' && warning !== lastWarning) {
      lastWarning = warning;
      report(`${name} accepted all risk events, with a warning`, warning);
    }
  };
}

/** How many events of a batch the destination refused: some of them, where its success was a partial one. */
function refusedOf(batch: Batch, decision: Decision): number {
  if (decision.kind === 'refused') return batch.length;
  return Math.min(decision.rejected ?? 0, batch.length);
}

/**
 * Writes all events of a batch of which some were refused: a partial success does not say which. Resolves with false where it
 * was stopped before they were written.
 */
async function kept(
  name: string,
  batch: Batch,
  decision: Decision,
  { letters, pauses }: Keeping,
  by: AbortSignal,
): Promise<boolean> {
  const why = decision.why ?? '';
  const rejected =
    decision.kind === 'delivered' ? { count: refusedOf(batch, decision), of: batch.length } : undefined;
  const all = batch.map(({ event }) => ({ event, why, ...(rejected && { rejected }) }));
  while ((await letters.write(name, all)) !== undefined) {
    await pauses.next(undefined, by);
    if (by.aborted) return false;
  }
  pauses.reset();
  return true;
}
