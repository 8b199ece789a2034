import type { Micros } from '../../../src/model/time.ts';
import { at } from '../events.ts';
import type { Dice } from './dice.ts';

/** From `from` on, before `to`. */
export interface Stretch {
  readonly from: Micros;
  readonly to: Micros;
}

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A Monday, where the week begins and all grids have their origin. */
export const MONDAY: Micros = at('2026-01-12T00:00:00Z');

export const after = (time: Micros, more: number): Micros => (time + more) as Micros;

/** About so many times an hour, anywhere in the stretch, in order. */
export function about(perHour: number, { from, to }: Stretch, dice: Dice): readonly Micros[] {
  const count = Math.floor((perHour * (to - from)) / HOUR + dice.unit());
  return Array.from({ length: count }, () => after(from, dice.below(to - from))).sort((a, b) => a - b);
}

/** The times of a fixed grid that lie in the stretch, each with its number. */
export function every(
  period: number,
  offset: number,
  { from, to }: Stretch,
): readonly { at: Micros; n: number }[] {
  const found: { at: Micros; n: number }[] = [];
  const first = MONDAY + offset;
  for (let n = Math.ceil((from - first) / period); first + n * period < to; n++)
    found.push({ at: (first + n * period) as Micros, n });
  return found;
}

/** Monday to Friday, 07:00 to 18:00 UTC. */
export function isAtWork(time: Micros): boolean {
  const intoWeek = (((time - MONDAY) % (7 * DAY)) + 7 * DAY) % (7 * DAY);
  const hour = (intoWeek % DAY) / HOUR;
  return intoWeek < 5 * DAY && hour >= 7 && hour < 18;
}
