import { formatTime } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';

/** In which time people read. */
export type Zone = 'utc' | 'local';

/** `2026-01-15 09:03:11`. */
export function secondText(at: Micros, zone: Zone): string {
  const text = formatTime(zone === 'utc' ? at : ((at + offset(at)) as Micros));
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

export const minuteText = (at: Micros, zone: Zone): string => secondText(at, zone).slice(0, 16);

/** The end of a span that began at `from`: without the date where it is the same. */
export function untilText(from: Micros, to: Micros, zone: Zone): string {
  const [first, last] = [secondText(from, zone), secondText(to, zone)];
  return first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last;
}

/** How far the local clock is ahead of UTC at this time, in microseconds. */
const offset = (at: Micros): number => -new Date(at / 1000).getTimezoneOffset() * 60_000_000;
