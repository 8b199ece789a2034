import { describe, expect, test } from 'vitest';
import { formatTime, micros, minutes, parseSpan, parseTime, seconds } from '../../../src/lib/time-format.ts';

describe('an RFC 3339 time', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-01-15T10:00:00Z', 1_768_471_200_000_000],
    ['2026-01-15t10:00:00z', 1_768_471_200_000_000],
    ['2026-01-15T12:00:00+02:00', 1_768_471_200_000_000],
    ['2026-01-15T08:30:00-01:30', 1_768_471_200_000_000],
    ['2026-01-15T10:00:00.5Z', 1_768_471_200_500_000],
    ['2026-01-15T10:00:00.309113Z', 1_768_471_200_309_113],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000],
  ])('%s is %i microseconds', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  test('is cut, not rounded, after the sixth digit', () => {
    expect(parseTime('2026-01-15T10:00:00.123456999Z')).toBe(parseTime('2026-01-15T10:00:00.123456Z'));
  });

  test.each([
    ['nothing', ''],
    ['a date alone', '2026-01-15'],
    ['no zone', '2026-01-15T10:00:00'],
    ['a space for the T', '2026-01-15 10:00:00Z'],
    ['the 30th of February', '2026-02-30T10:00:00Z'],
    ['the 29th of February of a common year', '2026-02-29T10:00:00Z'],
    ['a 13th month', '2026-13-01T10:00:00Z'],
    ['a 25th hour', '2026-01-15T25:00:00Z'],
    ['a 61st minute', '2026-01-15T10:61:00Z'],
    ['before 1970', '1969-12-31T23:59:59Z'],
    ['ten digits of a second', '2026-01-15T10:00:00.1234567890Z'],
    ['text around it', ' 2026-01-15T10:00:00Z'],
  ])('cannot be %s', (_, text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  test('is written in UTC with six digits', () => {
    expect(formatTime(micros(1_768_471_200_309_113))).toBe('2026-01-15T10:00:00.309113Z');
    expect(formatTime(micros(1_768_471_200_000_007))).toBe('2026-01-15T10:00:00.000007Z');
  });

  test('is the same after writing and reading', () => {
    for (const at of [0, 1, 999, 1000, 1_768_471_200_309_113, 9_007_199_254_740_991])
      expect(parseTime(formatTime(micros(at)))).toBe(at);
  });
});

describe('a Sigma timespan', () => {
  test.each([
    ['0s', 0],
    ['30s', 30_000_000],
    ['60m', 3_600_000_000],
    ['1h', 3_600_000_000],
    ['2d', 172_800_000_000],
    ['1w', 604_800_000_000],
    ['1M', 2_629_746_000_000],
    ['1y', 31_556_952_000_000],
  ])('%s is %i microseconds', (text, expected) => {
    expect(parseSpan(text)).toBe(expected);
  });

  test.each(['', '5', 'm', '-5m', '1.5h', '5 m', '5D', '1W', '5Y', '1h30m', '1000000000s', '286y'])(
    'is not %j',
    (text) => {
      expect(parseSpan(text)).toBeUndefined();
    },
  );
});

test('seconds are milliseconds and minutes are microseconds', () => {
  expect(seconds(30)).toBe(30_000);
  expect(minutes(60)).toBe(parseSpan('60m'));
});
