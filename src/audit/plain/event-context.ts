import { parseTime } from '../../lib/time-format.ts';
import type { EventContext } from '../../model/event.ts';
import type { Micros } from '../../model/time.ts';
import { type JsonObject, ownValue } from '../document/json.ts';
import type { Origin } from './record-origin.ts';

/**
 * The time of an event is its stageTimestamp (then it is `timed`), else its requestReceivedTimestamp, else the record's time
 * or observed time, else the request's arrival. A time stamp that is not an RFC 3339 time does not count.
 */
export function contextOf(event: JsonObject, origin: Origin, arrived: Micros): EventContext {
  const { record, resourceIndex, recordAt } = origin;
  const staged = stamp(event, 'stageTimestamp');
  return {
    record,
    resource: resourceIndex,
    at: staged ?? stamp(event, 'requestReceivedTimestamp') ?? recordAt ?? arrived,
    timed: staged !== undefined,
    recordAt,
  };
}

function stamp(event: JsonObject, key: string): Micros | undefined {
  const text = ownValue(event, key);
  return typeof text === 'string' ? parseTime(text) : undefined;
}
