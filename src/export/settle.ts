import type { Counters } from '../model/counters.ts';
import type { Outbox } from '../model/state.ts';
import type { Batch, Decision, Report } from './batch.ts';
import type { BisectionSender } from './bisection.ts';

/** Resolves when the whole batch is settled, or when it is stopped. */
export type SettleSender = (batch: Batch, by: AbortSignal) => Promise<void>;

/**
 * Settles in the outbox what a destination has decided, part by part, and counts it. Refused events are lost for this
 * destination, which is reported once a batch. (A dead-letter file would be written here.)
 */
export function settling(
  bisect: BisectionSender,
  outbox: Outbox,
  name: string,
  counters: Counters,
  report: Report,
): SettleSender {
  let lastWarning = '';
  return async (all, by) => {
    let dead = 0;
    let refusal = '';
    let warning = '';
    for await (const { batch, decision } of bisect(all, by)) {
      const refused = refusedOf(batch, decision);
      const seqs = batch.map(({ seq }) => seq);
      await outbox.settle(name, seqs, decision.kind === 'refused' ? 'dead' : 'delivered');
      if (refused < batch.length) counters.add('exported', batch.length - refused, name);
      if (refused > 0) counters.add('export_dead', refused, name);
      dead += refused;
      if (refused > 0) refusal ||= decision.why ?? '';
      else warning ||= decision.why ?? '';
    }
    if (dead > 0) report(`risk events were permanently refused by ${name} and are lost there`, refusal, dead);
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
