import type { PassedBy } from '../../model/event.ts';
import type { ReadableCounters } from '../../ops/counter-store.ts';
import type { DetectionChoice } from './detection-choice.ts';
import type { InputTally } from './input-tally.ts';

const KINDS: Readonly<Record<PassedBy, string>> = {
  json: 'other JSON',
  text: 'plain text',
  empty: 'empty',
  other: 'not text',
  own: 'Sidewatch risk events',
};

/** What was read and found, on one line; a second line if no audit event was read, and nothing says why. */
export function summary(
  files: number,
  { lines, malformed, outside, unread }: InputTally,
  counters: ReadableCounters,
  { found, hidden }: Pick<DetectionChoice, 'found' | 'hidden'>,
): readonly string[] {
  const events = counters.total('events');
  const read = [
    `${many(files, 'file')}, ${many(lines, 'line')}: ${many(events, 'audit event')}${outside > 0 ? ` (${outside} outside of --from and --to)` : ''}`,
    `${malformed} malformed`,
    others(counters),
  ].join(', ');
  const detections = `${many(found, 'detection')}${hidden > 0 ? `, ${hidden} not shown` : ''}`;
  const line = [read, detections, ...shortfalls(counters)].join('; ');
  return events === 0 && unread.length === 0 ? [line, NO_EVENT] : [line];
}

const NO_EVENT =
  'no audit event was read. Is this the audit log of the API server, one JSON event on each line, ' +
  'or in an envelope that Sidewatch knows (docs/envelopes.md)?';

function others(counters: ReadableCounters): string {
  const kinds = Object.entries(KINDS)
    .map(([kind, words]) => [counters.total('records_passed_by', kind), words] as const)
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`);
  return `${counters.total('records_passed_by')} other${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
}

/** Reasons why the result may be incomplete. */
export function shortfalls(counters: ReadableCounters): readonly string[] {
  const late = counters.total('hits_late');
  const dropped = counters.total('hits_late_dropped');
  const untimed = counters.total('untimed');
  const early = counters.total('groups_evicted') + counters.total('state_evicted');
  const cut = counters.total('cells_evicted') + counters.total('hits_evicted');
  const lost = dropped > 0 ? `, ${dropped} of them ${dropped === 1 ? 'was' : 'were'} dropped` : '';
  const nul = counters.total('nul_bytes');
  return [
    ...(nul > 0
      ? [`${many(nul, 'NUL byte')} skipped, as in a log that was truncated while it was written`]
      : []),
    ...(late > 0 ? [`${many(late, 'hit')} came too late${lost}`] : []),
    ...(untimed > 0 ? [`${many(untimed, 'event')} without a readable time`] : []),
    ...(early > 0 ? [`${many(early, 'group')} gave way to others`] : []),
    ...(cut > 0 ? [`${many(cut, 'hit')} dropped to make room`] : []),
  ];
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
