import { expect, test } from 'vitest';
import type { Micros } from '../../../src/model/time.ts';
import { DetectionTally } from '../../../src/report/detection-tally.ts';
import { TEN } from '../../support/events.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

const tallyOf = (...minutes: readonly number[]) => {
  const tally = new DetectionTally();
  for (const minute of minutes) tally.add('low', (TEN + minute * MINUTE) as Micros);
  return tally;
};

test('the busiest hours first, then the earliest', () => {
  expect(tallyOf(5, 61, 62, 130, 59).busiestHours(2)).toEqual([
    { start: TEN, detections: 2 },
    { start: TEN + HOUR, detections: 2 },
  ]);
});

test('a slot is as long as it must be, and no detection is left out', () => {
  expect(tallyOf(0, 2, 2).slots(48)).toEqual({ start: TEN, length: MINUTE, counts: [1, 0, 2] });
  expect(tallyOf(0, 59).slots(12)).toMatchObject({ length: 5 * MINUTE });
  for (const last of [1, 47, 100, 1440, 50_000, 2_000_000])
    for (const most of [2, 7, 48]) {
      const { counts } = tallyOf(3, last).slots(most)!;
      expect(counts.length).toBeLessThanOrEqual(most);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    }
});

test('without detections there are no slots', () => {
  expect(tallyOf().slots(48)).toBeUndefined();
  expect(tallyOf().total).toBe(0);
});
