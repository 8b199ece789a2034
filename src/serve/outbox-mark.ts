import type { Outbox } from '../model/state.ts';
import type { ReadinessCheck } from './service-readiness.ts';

/** The part of its room that an outbox may fill before requests are no longer welcome. */
const MARK = 0.9;

/** `sizes`: by destination, how many risk events may wait. */
export function outboxMark(
  outbox: Pick<Outbox, 'left'>,
  sizes: ReadonlyMap<string, { readonly size: number }>,
): ReadinessCheck {
  return () => {
    const full = [...sizes].filter(([name, { size }]) => outbox.left(name) >= MARK * size);
    if (full.length === 0) return undefined;
    const each = full.map(
      ([name, { size }]) => `${outbox.left(name)} of ${size} risk events wait for ${name}`,
    );
    return `the outbox is nearly full: ${each.join(', ')}`;
  };
}
