import { expect, test } from 'vitest';
import { levelOf } from '../../../src/semantics/level-scores.ts';

test.each([
  [0, 'critical', 'informational'],
  [19, 'critical', 'informational'],
  [20, 'critical', 'low'],
  [59, 'critical', 'medium'],
  [60, 'critical', 'high'],
  [500, 'critical', 'critical'],
  [500, 'medium', 'medium'],
  [90, 'informational', 'informational'],
] as const)('a score of %i of a rule at level %s is %s', (score, most, level) => {
  expect(levelOf(score, most)).toBe(level);
});
