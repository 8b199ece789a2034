import { parseTime } from '../../lib/time-format.ts';
import type { TimePart } from './expression.ts';

/** The least and the greatest value of each part. */
export const TIME_RANGES: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [1970, 2255],
};

const PARTS: Readonly<Record<TimePart, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day: (date) => date.getUTCDate(),
  week: isoWeek,
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** A part of an RFC 3339 time, converted to UTC; undefined for another text. */
export function timePart(text: string, part: TimePart): number | undefined {
  const at = parseTime(text);
  return at === undefined ? undefined : PARTS[part](new Date(at / 1000));
}

const DAY_MS = 86_400_000;

/** ISO 8601: the week of a day is that of its Thursday, and the first one is that of the year's first Thursday. */
function isoWeek(date: Date): number {
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3),
  );
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1;
}
