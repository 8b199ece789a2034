import { expect, test } from 'vitest';
import { pace } from '../../../../src/commands/replay/progress.ts';
import type { Ms } from '../../../../src/model/time.ts';

test.each([
  [0.5, 61_000, 2000, '30,500 events/s, 0:02 left'],
  [0.01, 1000, 1000, '1,000 events/s, 1:39 left'],
  [0.001, 0, 4000, '0 events/s, 66:36 left'],
  [1, 500, 1000, '500 events/s, 0:00 left'],
  // A file that grows while it is read.
  [1.2, 500, 1000, '500 events/s, 0:00 left'],
  [0, 0, 1000, ''],
  [0.1, 10, 0, ''],
])('at %d with %i events after %i ms the pace is "%s"', (part, events, elapsed, text) => {
  expect(pace(part, events, elapsed as Ms)).toBe(text);
});
