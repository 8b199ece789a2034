import type { Micros } from '../../../src/model/time.ts';
import type { AuditLevel } from './call.ts';
import { type ProductionEvent, productionEvents } from './events.ts';
import { REAL } from './rates.ts';
import { after, DAY, HOUR, MONDAY, SECOND } from './schedule.ts';

/** A Wednesday morning, when people are at work. */
const MORNING = after(MONDAY, 2 * DAY + 10 * HOUR);

/**
 * The production mix: what a cluster of 300 nodes sends at its real rates, scans among it, so many events at a time, without
 * end. Each batch's last event is at the time that the clock then shows; the others lie before it as far as they lay apart.
 */
export function* mixBatches(
  size: number,
  level: AuditLevel,
  clock: () => Micros,
): Generator<readonly { readonly line: string; readonly event: ProductionEvent }[], never> {
  const events = productionEvents({ seed: 'mix', level, rates: REAL, from: MORNING, stretch: 10 * SECOND });
  for (;;) {
    const batch = Array.from({ length: size }, () => events.next().value);
    const moved = clock() - batch.at(-1)!.at;
    yield batch.map((event) => ({ line: event.line(moved), event }));
  }
}
