import { expect, test } from 'vitest';
import { sparkline } from '../../../../src/report/terminal/sparkline.ts';

test.each([
  [[0, 1, 4, 8], '·▁▄█'],
  [[1, 1000], '▁█'],
  [[0, 0], '··'],
  [[], ''],
])('%j', (counts, line) => {
  expect(sparkline(counts)).toBe(line);
});
