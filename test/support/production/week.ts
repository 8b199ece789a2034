import type { Micros } from '../../../src/model/time.ts';
import type { AuditLevel } from './call.ts';
import { type ProductionEvent, productionEvents } from './events.ts';
import { WEEK } from './rates.ts';
import { DAY, HOUR, MONDAY } from './schedule.ts';

/** No week may have more. */
export const BUDGET = 300_000;

/** A week of an ordinary cluster, from Monday on, at an audit level. */
export function* week(level: AuditLevel): Generator<ProductionEvent> {
  const until = (MONDAY + 7 * DAY) as Micros;
  for (const event of productionEvents({ seed: 'week', level, rates: WEEK, from: MONDAY, stretch: HOUR })) {
    if (event.at >= until) return;
    yield event;
  }
}
