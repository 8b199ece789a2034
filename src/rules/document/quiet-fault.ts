import type { Span } from '../../model/time.ts';

/** Stretches of quiet that a timespan may touch: a hit is weighed in each of them. */
const STRETCHES_MAX = 100;
/** Timespans in a stretch of quiet: a group that has fired keeps as many cells. */
const TIMESPANS_MAX = 10_000;

/** What a length of quiet wants beside a timespan, where one hit would otherwise take too long. */
export function quietFault(quiet: Span, timespan: Span): string | undefined {
  if (quiet === 0) return 'wants more than nothing';
  if (quiet * STRETCHES_MAX < timespan) {
    const least = Math.ceil(timespan / STRETCHES_MAX / 1e6);
    return `wants at least a hundredth of the timespan (${least}s); make it longer, or the timespan shorter`;
  }
  if (Math.ceil(quiet / timespan) > TIMESPANS_MAX) {
    const most = Math.floor((timespan * TIMESPANS_MAX) / 1e6);
    return `wants at most ${TIMESPANS_MAX} timespans (${most}s); make it shorter, or the timespan longer`;
  }
  return undefined;
}
