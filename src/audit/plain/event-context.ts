import { parseTime } from '../../lib/time-format.ts';
import type { EventContext } from '../../model/event.ts';
import type { Micros } from '../../model/time.ts';
import { type JsonObject, ownValue } from '../document/json.ts';
import type { Origin } from './record-origin.ts';

/**
 * The time of an event is its stageTimestamp (then it is `timed`), else its requestReceivedTimestamp, else its `timestamp`
 * (`timed` too: events had no other before v1), else the record's time or observed time, else the request's arrival. A time
 * stamp that is not an RFC 3339 time does not count.
 */
export function contextOf(event: JsonObject, origin: Origin, arrived: Micros): EventContext {
  const { record, resourceIndex, recordAt, isRecordTimed } = origin;
  const staged = stamp(event, 'stageTimestamp');
  const received = stamp(event, 'requestReceivedTimestamp');
  const old = stamp(event, 'timestamp');
  const own = staged ?? received ?? old;
  return {
    record,
    resource: resourceIndex,
    at: own ?? recordAt ?? arrived,
    received,
    timed: staged !== undefined || (received === undefined && old !== undefined),
    fallback: own === undefined && !isRecordTimed,
    recordAt,
  };
}

function stamp(event: JsonObject, key: string): Micros | undefined {
  const text = ownValue(event, key);
  return typeof text === 'string' ? parseTime(text) : undefined;
}
