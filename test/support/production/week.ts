import type { Micros } from '../../../src/model/time.ts';
import type { AuditLevel } from './call.ts';
import { type ProductionEvent, productionEvents } from './events.ts';
import { WEEK } from './rates.ts';
import { DAY, HOUR, MONDAY } from './schedule.ts';

/** No week may have more. */
export const BUDGET = 300_000;

/** A week of an ordinary cluster, from Monday on, at an audit level; or its first days. */
export function* week(level: AuditLevel, days = 7): Generator<ProductionEvent> {
  const until = (MONDAY + days * DAY) as Micros;
  for (const event of productionEvents({ seed: 'week', level, rates: WEEK, from: MONDAY, stretch: HOUR })) {
    if (event.at >= until) return;
    yield event;
  }
}
