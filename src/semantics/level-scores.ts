import { LEVELS, type Level } from '../model/rule.ts';

/** The score of a rule that sets none, by its level. */
export const SCORES = {
  informational: 0,
  low: 20,
  medium: 40,
  high: 60,
  critical: 80,
} as const satisfies Record<Level, number>;

/** The level that a score stands for, at most `most`. */
export function levelOf(score: number, most: Level): Level {
  const reached = LEVELS.filter((level) => SCORES[level] <= score);
  return LEVELS[Math.min(LEVELS.indexOf(most), reached.length - 1)] ?? 'informational';
}
