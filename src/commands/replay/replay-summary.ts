import type { PassedBy } from '../../model/event.ts';
import type { ReadableCounters } from '../../ops/counter-store.ts';
import type { InputTally } from './input-tally.ts';

const KINDS: Readonly<Record<PassedBy, string>> = {
  json: 'other JSON',
  text: 'plain text',
  empty: 'empty',
  other: 'no text',
  own: 'risk events of Sidewatch',
};

/** What was read and found, on one line; a second one where nothing of what was read is an audit event. */
export function summary(
  files: number,
  { lines, malformed }: InputTally,
  counters: ReadableCounters,
  detections: number,
): readonly string[] {
  const events = counters.total('events');
  const read = [
    `${many(files, 'file')}, ${many(lines, 'line')}: ${many(events, 'audit event')}`,
    `${malformed} malformed`,
    others(counters),
  ].join(', ');
  const line = [read, many(detections, 'detection'), ...shortfalls(counters)].join('; ');
  const isForeign = events === 0 && counters.total('records_passed_by') > malformed;
  return isForeign ? [line, NO_EVENT] : [line];
}

const NO_EVENT =
  'nothing in it is an audit event. An array of events is read an event a line (jq -c ".[]"). ' +
  'The envelopes of managed clusters (EKS CloudWatch, AKS Event Hub, GKE LogEntry) ' +
  'are not read yet, nor are raw OTLP protobuf files (OTLP/JSON is)';

function others(counters: ReadableCounters): string {
  const kinds = Object.entries(KINDS)
    .map(([kind, words]) => [counters.total('records_passed_by', kind), words] as const)
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`);
  return `${counters.total('records_passed_by')} other${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
}

/** What makes the answer less than whole. */
function shortfalls(counters: ReadableCounters): readonly string[] {
  const late = counters.total('hits_late');
  const dropped = counters.total('hits_late_dropped');
  const untimed = counters.total('untimed');
  const early = counters.total('groups_evicted') + counters.total('state_evicted');
  const roomless = counters.total('cells_evicted') + counters.total('hits_evicted');
  const lost = dropped > 0 ? `, ${dropped} of them ${dropped === 1 ? 'was' : 'were'} dropped` : '';
  return [
    ...(late > 0 ? [`${many(late, 'hit')} came too late${lost}`] : []),
    ...(untimed > 0 ? [`${many(untimed, 'event')} without a readable time`] : []),
    ...(early > 0 ? [`${many(early, 'window')} closed early to make room`] : []),
    ...(roomless > 0 ? [`${many(roomless, 'hit')} dropped to make room`] : []),
  ];
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
