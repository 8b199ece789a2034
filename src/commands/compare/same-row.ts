import { minutes } from '../../lib/time-format.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import type { OtherEvent, Range, RowFields } from './other-event.ts';
import { identityFields, type OwnEvent } from './own-event.ts';

/** How far a window may be off: a search snaps to whole seconds. */
const WINDOW_SLACK = 1_000_000;
/** How long before a risk event was made its search may have looked, where it does not say: an hourly search looks back 70 minutes, and waits for its turn. */
const LOOKBACK = minutes(130);

/** The places of members of sourceIPs. */
export const isPlace = (field: string): boolean => field.startsWith('sourceIPs.geo.');

/** The values of a field of a rule in a row of the other side, which may call it by the name that the rule gives it. */
export function otherValues(
  { rename }: Pick<Rule, 'rename'>,
  fields: RowFields,
  field: string,
): readonly string[] | undefined {
  return fields.get(rename[field] ?? field) ?? fields.get(field);
}

/**
 * The identity fields in which two rows differ, of those that both have. Of single events the place says nothing: it is
 * no part of what happened.
 */
export function differingFields(
  rule: Rule,
  own: RowFields,
  other: RowFields,
  fields: readonly string[] = identityFields(rule),
): readonly string[] {
  return fields.filter((field) => differsIn(field, rule, own, other));
}

function differsIn(field: string, rule: Rule, own: RowFields, other: RowFields): boolean {
  if (rule.kind === 'match' && isPlace(field)) return false;
  const theirs = otherValues(rule, other, field);
  return theirs !== undefined && !sameValues(own.get(field) ?? [], theirs);
}

/** Whether there is no such field; sooner than to list them. */
export const agrees = (
  rule: Rule,
  own: RowFields,
  other: RowFields,
  fields: readonly string[] = identityFields(rule),
): boolean => !fields.some((field) => differsIn(field, rule, own, other));

/** In the key of each rule that fires for each event, and nearly an id of the event. */
export const REQUEST = 'requestReceivedTimestamp';

/** `fillnull` writes 0 where a field is missing. A row of Splunk has one of the values of ours. */
function sameValues(own: readonly string[], theirs: readonly string[]): boolean {
  if (own.length === 1 && theirs.length === 1) return sameText(own[0]!, theirs[0]!);
  if (own.length === 0) return theirs.every((value) => value === '0' || value === '');
  // In an export, the lines of one value look like the values of a list.
  const whole = theirs.join('\n');
  return own.some((one) => sameText(one, whole) || theirs.some((value) => sameText(one, value)));
}

const CUT = /^(.*)…[0-9a-f]{32}$/su;

/** A long text of ours is cut, with a digest behind it. Line breaks are those of the file. */
function sameText(own: string, theirs: string): boolean {
  if (own === theirs || (own.includes('\r\n') && own.replaceAll('\r\n', '\n') === theirs)) return true;
  const kept = CUT.exec(own)?.[1];
  return kept !== undefined && theirs.startsWith(kept);
}

/** Whether a row of the other side may be about the events of ours, by its times alone. */
export function sameTime({ rule, window, at }: OwnEvent, other: OtherEvent): boolean {
  const looked = other.window;
  if (looked !== undefined)
    return rule.window.kind === 'tumbling' ? sameWindow(window, looked) : within(at, looked);
  if (other.at === undefined) return true;
  if (rule.window.kind !== 'tumbling') return at <= other.at && at > other.at - LOOKBACK;
  const closed = window[1] + rule.window.lateness;
  return closed <= other.at + WINDOW_SLACK && other.at < closed + rule.timespan;
}

/** The widest difference of two time zones is 26 hours, and that of most is much less. */
const SHIFT_MAX = minutes(15 * 60);

/** Whether both may be one row that one side has at another time, as with a wrong zone. */
export function isShifted(own: OwnEvent, other: OtherEvent): boolean {
  const there = other.window?.[0] ?? other.at;
  return (
    there !== undefined &&
    Math.abs(there - own.window[0]) <= SHIFT_MAX &&
    own.object === other.object &&
    !sameTime(own, other) &&
    agrees(own.rule, own.fields, other.fields) &&
    identityFields(own.rule).some((field) => otherValues(own.rule, other.fields, field))
  );
}

export const sameWindow = (one: Range, other: Range): boolean =>
  Math.abs(one[0] - other[0]) <= WINDOW_SLACK && Math.abs(one[1] - other[1]) <= WINDOW_SLACK;

export const within = (at: number, [start, end]: Range): boolean => at >= start && at < end;

export const overlap = (one: Range, other: Range): boolean => one[0] < other[1] && other[0] < one[1];

/** Of risk events that have ids: what is the same except for its id. */
export const isSameUnderOtherId = (own: OwnEvent, other: OtherEvent): boolean =>
  own.object === other.object &&
  (other.window === undefined || overlap(closed(own.window), closed(other.window))) &&
  agrees(own.rule, own.fields, other.fields);

/** A rule that fires for each event has a window of one moment. */
const closed = ([start, end]: Range): Range => [start, (end + 1) as Micros];
