import { expect, test } from 'vitest';
import { parseDuration } from '../../../src/lib/duration.ts';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['10s', 10_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['', undefined],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1.5s', undefined],
  ['1m30s', undefined],
  ['10 s', undefined],
  ['10S', undefined],
  ['1d', undefined],
  ['1000000000s', undefined],
])('%j is %s milliseconds', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
