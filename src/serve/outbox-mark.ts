import type { Outbox, QueueBound } from '../model/state.ts';
import type { ReadinessCheck } from './service-readiness.ts';

/** The part of its room that an outbox may fill before requests are no longer welcome. */
const MARK = 0.9;

interface Filled {
  readonly outbox: Pick<Outbox, 'left'>;
  /** Whether requests are refused for a destination that takes nothing: a large one needs more room than the mark leaves. */
  isStuck(to: string): boolean;
}

/** A full queue that does not block refuses no requests, so it is no reason by itself. */
export function outboxMark(state: Filled, queues: ReadonlyMap<string, QueueBound>): ReadinessCheck {
  return () => {
    const reasons = [...queues].flatMap(([name, { size, onFull }]) => {
      const left = state.outbox.left(name);
      const waiting = `${left} of ${size} risk events wait for ${name}`;
      if (onFull === 'block' && left >= MARK * size) return `the outbox is nearly full: ${waiting}`;
      if (state.isStuck(name))
        return `requests are refused because the outbox has too little room: ${waiting}`;
      return [];
    });
    return reasons.length > 0 ? reasons.join('; ') : undefined;
  };
}
