import type { Batch, Decision } from './batch.ts';
import type { DoubtSender, Suspect } from './doubt.ts';

/** A part of a batch that the destination has decided about; a refused one is a single event. */
export interface DecidedPart {
  readonly batch: Batch;
  readonly decision: Decision;
}

/** Gives the parts of a batch as they are decided, and ends early when it is stopped. */
export type BisectionSender = (batch: Batch, by: AbortSignal) => AsyncIterable<DecidedPart>;

/**
 * Halves a refused batch until each offending event is alone, so that one bad event never costs its neighbours.
 * A batch in doubt is halved too, but its halves go behind the other parts: these show whether the destination accepts
 * anything. A single event in doubt needs others to be tested against: `more` gives those that wait now, if there are any.
 */
export function bisecting(send: DoubtSender, more: () => Promise<Batch>): BisectionSender {
  return async function* (all, by) {
    const parts: Suspect[] = [{ batch: all }];
    for (let part = parts.shift(); part; part = parts.shift()) {
      const { batch } = part;
      const outcome = await send(part, by);
      if (outcome.kind === 'stopped') return;
      if (outcome.kind === 'in doubt') {
        const others = parts.length === 0 && batch.length === 1 ? await more() : [];
        if (others.length > 0) parts.push({ batch: others });
        for (const half of halves(batch)) parts.push({ batch: half, doubtedAt: outcome.doubtedAt });
      } else if (outcome.kind === 'refused' && batch.length > 1) {
        parts.unshift(...halves(batch).map((half) => ({ ...part, batch: half })));
      } else {
        yield { batch, decision: outcome };
      }
    }
  };
}

/** A single event stays as it is. */
function halves(batch: Batch): readonly Batch[] {
  const half = batch.length >> 1;
  return half === 0 ? [batch] : [batch.slice(0, half), batch.slice(half)];
}
