import type { Span } from '../../model/time.ts';

/** Buckets that a timespan may touch: a hit is counted in each of them. */
const BUCKETS_MAX = 100;
/** Timespans in a bucket: a group that has fired keeps as many cells. */
const TIMESPANS_MAX = 10_000;

/** Why `quiet` does not fit the timespan: one hit would take too long. undefined where it fits. */
export function quietFault(quiet: Span, timespan: Span): string | undefined {
  if (quiet === 0) return 'wants more than 0';
  if (quiet * BUCKETS_MAX < timespan) {
    const least = Math.ceil(timespan / BUCKETS_MAX / 1e6);
    return `wants at least a hundredth of the timespan (${least}s); make it longer, or the timespan shorter`;
  }
  if (Math.ceil(quiet / timespan) > TIMESPANS_MAX) {
    const most = Math.floor((timespan * TIMESPANS_MAX) / 1e6);
    return `wants at most ${TIMESPANS_MAX} timespans (${most}s); make it shorter, or the timespan longer`;
  }
  return undefined;
}
