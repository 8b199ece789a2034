import type { Place } from '../../enrich/place.ts';
import { formatTime } from '../../lib/time-format.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import type { TracedMatch } from './match-trace.ts';
import type { OtherEvent, Range } from './other-event.ts';
import type { OwnEvent } from './own-event.ts';

/** Why one side has a risk event that the other does not have. docs/compare.md explains each. */
export const DIFFERENCE_REASONS = [
  'rule',
  'time',
  'object',
  'window',
  'place',
  'late',
  'stage',
  'filter',
  'field',
  'count',
  'event',
  'unknown',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_REASONS)[number];

export interface DifferenceReason {
  readonly kind: DifferenceKind;
  /** False where what was read proves it. */
  readonly likely: boolean;
  /** A sentence without its end. */
  readonly text: string;
}

export const proven = (kind: DifferenceKind, text: string): DifferenceReason => ({
  kind,
  likely: false,
  text,
});
export const likely = (kind: DifferenceKind, text: string): DifferenceReason => ({
  kind,
  likely: true,
  text,
});

/** The first reason that there is. */
export function firstOf(
  ...ways: readonly (() => DifferenceReason | undefined)[]
): DifferenceReason | undefined {
  for (const way of ways) {
    const reason = way();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Whether events have the risk object. */
export function withObject(
  { risk, rename }: Pick<Rule, 'risk' | 'rename'>,
  object: string,
): (match: TracedMatch) => boolean {
  const originals = risk.objects.map(
    ({ field }) => Object.keys(rename).find((key) => rename[key] === field) ?? field,
  );
  return ({ fields }) => originals.some((field) => fields.get(field)?.includes(object) ?? false);
}

export const placeText = ({ country, city }: Pick<Place, 'country' | 'city'>): string =>
  [city, country].filter((part) => part !== '').join(', ') || 'a place without a name';

/** To the second, where it has no fraction. */
export const timeText = (at: Micros): string => `${formatTime(at).replace(/\.000000Z$|Z$/, '')}Z`;

export const rangeText = ([start, end]: Range): string => `${timeText(start)} to ${timeText(end)}`;

/** `:57`, or `02:57` for longer periods: where windows of a length begin. */
export function phaseText(at: Micros): string {
  return `:${formatTime(at).slice(14, 16)}`;
}

/** The times of a row of the other side: what its search looked at, or when it was made. */
export const rowTimes = ({ window, at }: OtherEvent): string =>
  window === undefined ? `at ${timeText(at!)}` : `in ${rangeText(window)}`;

export const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Each text once, in order, joined for a sentence. */
export const listed = (texts: Iterable<string>): string => [...new Set(texts)].sort().join(', ');

/** Numbers of matches by what `key` gives. */
export function tally<Key>(
  matches: readonly TracedMatch[],
  key: (match: TracedMatch) => Key,
): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const match of matches) counts.set(key(match), (counts.get(key(match)) ?? 0) + 1);
  return counts;
}

/** Why times of the same row differ. */
export const OTHER_CLOCK = 'the time zone of one side, or what dates its events, may be another';

/** `there` and `here` are the same detection under two ids. */
export function otherIdText(there: OtherEvent, here: OwnEvent): string {
  const theirs =
    there.window === undefined
      ? ''
      : ` (window there ${rangeText(there.window)}, here ${rangeText(here.window)})`;
  return `it has another id there: the rule's id, its group-by or its windows differ${theirs}`;
}
