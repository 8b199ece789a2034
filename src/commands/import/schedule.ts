import { type ConfValue, placeIn } from './conf-file.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** The windows of a scheduled search, in seconds. */
export interface SearchWindows {
  /** How long each is; they follow each other without gaps. */
  readonly length: number;
  /** Where they begin after each multiple of their length since 1970. */
  readonly offset: number;
  /** How long after the end of a window its search runs. */
  readonly lateness: number;
}

export interface Schedule {
  readonly cron: ConfValue;
  readonly earliest: ConfValue;
  readonly latest: ConfValue;
  /** How much the clock of the cron schedule is ahead of UTC, in seconds; undefined where it is not known. */
  readonly ahead: number | undefined;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
/** Days of runs that are compared. */
const DAYS = 3;

/**
 * The windows of searches that look at each moment exactly once: the end of each is the start of the next. Throws
 * UnreadablePart for other schedules: their answers cannot be those of windows.
 */
export function searchWindows({ cron, earliest, latest, ahead }: Schedule): SearchWindows {
  const { minutes, hours } = cronTimes(cron);
  if (hours.length < 24 && ahead === undefined)
    throw new UnreadablePart(
      placeIn(cron),
      'the schedule names hours, which are those of a time zone: say with --utc-offset how far its clock is ahead of UTC',
    );
  const [from, to] = [relativeTime(earliest), relativeTime(latest)];
  const windows = [];
  for (let day = 0; day < DAYS; day++)
    for (const hour of hours)
      for (const minute of minutes) {
        const run = day * DAY + hour * HOUR + minute * MINUTE;
        windows.push({ run, start: from(run), end: to(run) });
      }
  const [first, ...others] = windows;
  const length = first!.end - first!.start;
  if (length <= 0)
    throw new UnreadablePart(placeIn(earliest), 'the search looks at no time: earliest is not before latest');
  let before = first!;
  for (const window of others) {
    if (window.start < before.end)
      throw new UnreadablePart(
        placeIn(earliest),
        `${OVERLAP} (it looks back ${inMinutes(length)} every ${inMinutes(window.run - before.run)})`,
      );
    if (window.start > before.end)
      throw new UnreadablePart(
        placeIn(earliest),
        `${GAP} (it looks back ${inMinutes(length)} every ${inMinutes(window.run - before.run)})`,
      );
    if (window.end - window.start !== length)
      throw new UnreadablePart(placeIn(cron), 'its windows differ in their length');
    before = window;
  }
  const start = first!.start - (ahead ?? 0);
  return { length, offset: ((start % length) + length) % length, lateness: first!.run - first!.end };
}

const OVERLAP = 'the search looks at events twice, and finds them twice';
const GAP = 'the search leaves out events between its runs';

const inMinutes = (seconds: number): string => `${seconds / MINUTE} minutes`;

/** Minutes and hours at which it runs, on every day. */
function cronTimes(cron: ConfValue): {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
} {
  const fields = cron.text.split(/\s+/);
  const [minute = '', hour = '', ...days] = fields;
  const minutes = numbers(minute, 59);
  const hours = numbers(hour, 23);
  if (fields.length !== 5 || minutes === undefined || hours === undefined)
    throw new UnreadablePart(placeIn(cron), `the schedule ${cron.text} cannot be read`);
  if (days.some((field) => field !== '*'))
    throw new UnreadablePart(placeIn(cron), `the schedule ${cron.text} leaves out days`);
  return { minutes, hours };
}

/** `*`, `5`, `0,30`, `3-59/10`. */
function numbers(field: string, last: number): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [, all, first, to, step] = /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (all === undefined && first === undefined) return undefined;
    const begin = all === undefined ? Number(first) : 0;
    const end = to === undefined ? (all === undefined && step === undefined ? begin : last) : Number(to);
    const by = Number(step ?? 1);
    if (by === 0 || begin > end || end > last) return undefined;
    for (let n = begin; n <= end; n += by) found.add(n);
  }
  return [...found].sort((a, b) => a - b);
}

const UNITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['s', 'sec', 'secs', 'second', 'seconds'].map((unit) => [unit, 1])),
  ...Object.fromEntries(['m', 'min', 'mins', 'minute', 'minutes'].map((unit) => [unit, MINUTE])),
  ...Object.fromEntries(['h', 'hr', 'hrs', 'hour', 'hours'].map((unit) => [unit, HOUR])),
  ...Object.fromEntries(['d', 'day', 'days'].map((unit) => [unit, DAY])),
};

const PART = /([+-])(\d*)([a-z]+)|@([a-z]+)/g;

/** `-70m@m`, `now`, `@h-10m`: shifts and snaps, from left to right. */
function relativeTime(value: ConfValue): (now: number) => number {
  const text = value.text.toLowerCase();
  const steps: ((at: number) => number)[] = [];
  const unreadable = new UnreadablePart(placeIn(value), `the time ${value.text} cannot be read`);
  if (text !== 'now') {
    const parts = [...text.matchAll(PART)];
    if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) throw unreadable;
    for (const [, sign, count, unit, snap] of parts) {
      const size = UNITS[(unit ?? snap)!];
      if (size === undefined) throw unreadable;
      const by = (sign === '-' ? -1 : 1) * (count === '' ? 1 : Number(count)) * size;
      steps.push(snap === undefined ? (at) => at + by : (at) => Math.floor(at / size) * size);
    }
  }
  return (now) => steps.reduce((at, step) => step(at), now);
}
