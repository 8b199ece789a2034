import { describe, expect, test } from 'vitest';
import { searchWindows } from '../../../../src/commands/import/schedule.ts';

const value = (text: string, line: number) => ({ text, file: 's.conf', line });
const windows = (cron: string, earliest: string, latest: string, ahead?: number) =>
  searchWindows({ cron: value(cron, 1), earliest: value(earliest, 2), latest: value(latest, 3), ahead });
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

describe('windows that follow each other', () => {
  test.each<[string, string, string, number | undefined, number, number, number]>([
    ['0 * * * *', '-70m@m', '-10m@m', undefined, HOUR, 50 * MINUTE, 10 * MINUTE],
    ['7 * * * *', '-70m@m', '-10m@m', undefined, HOUR, 57 * MINUTE, 10 * MINUTE],
    ['5 * * * *', '-1h@h', '@h', undefined, HOUR, 0, 5 * MINUTE],
    ['*/15 * * * *', '-15m', 'now', undefined, 15 * MINUTE, 0, 0],
    ['3-59/20 * * * *', '-25min@min', '-5min@min', undefined, 20 * MINUTE, 18 * MINUTE, 5 * MINUTE],
    ['0,30 * * * *', '-40m@m', '-10m@m', undefined, 30 * MINUTE, 20 * MINUTE, 10 * MINUTE],
    // Hours and days are those of the clock of the schedule.
    ['10 2 * * *', '-1d@d', '@d', 2 * HOUR, DAY, 22 * HOUR, 2 * HOUR + 10 * MINUTE],
    ['0 */6 * * *', '-6h@h', 'now', 0, 6 * HOUR, 0, 0],
    ['0 * * * *', '-70m@m', '-10m@m', 5.5 * HOUR, HOUR, 20 * MINUTE, 10 * MINUTE],
    ['0 * * * *', '@h-60m', '@h', undefined, HOUR, 0, 0],
  ])('%s from %s to %s', (cron, earliest, latest, ahead, length, offset, lateness) => {
    expect(windows(cron, earliest, latest, ahead)).toEqual({ length, offset, lateness });
  });
});

describe('other schedules are named by their line', () => {
  test.each<[string, string, string, string, string]>([
    [
      '0 * * * *',
      '-2h@m',
      'now',
      's.conf:2',
      'finds them twice (it looks back 120 minutes every 60 minutes)',
    ],
    ['0 * * * *', '-30m@m', 'now', 's.conf:2', 'leaves out events between its runs'],
    ['*/7 * * * *', '-7m', 'now', 's.conf:2', 'finds them twice'],
    ['0 * * * *', '-10m', '-20m', 's.conf:2', 'looks at no time'],
    ['0 2 * * *', '-1d@d', '@d', 's.conf:1', '--utc-offset'],
    ['0 * * * 1-5', '-1h', 'now', 's.conf:1', 'leaves out days'],
    ['0 * 1 * *', '-1h', 'now', 's.conf:1', 'leaves out days'],
    ['@hourly', '-1h', 'now', 's.conf:1', 'cannot be read'],
    ['60 * * * *', '-1h', 'now', 's.conf:1', 'cannot be read'],
    ['0 * * * *', 'rt-1h', 'rt', 's.conf:2', 'the time rt-1h cannot be read'],
    ['0 * * * *', '-1mon', 'now', 's.conf:2', 'cannot be read'],
    ['0 * * * *', '0', 'now', 's.conf:2', 'cannot be read'],
    ['0 * * * *', '-1h', 'soon', 's.conf:3', 'cannot be read'],
  ])('%s from %s to %s', (cron, earliest, latest, where, message) => {
    expect(() => windows(cron, earliest, latest)).toThrow(
      expect.objectContaining({ where, message: expect.stringContaining(message) }),
    );
  });
});
