import { describe, expect, test } from 'vitest';
import { DetectionTable } from '../../../../src/commands/replay/detection-table.ts';
import type { Detection } from '../../../../src/model/hit.ts';
import type { RiskEvent } from '../../../../src/model/risk.ts';
import type { Rule } from '../../../../src/model/rule.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { TEN } from '../../../support/events.ts';
import { aRule } from '../../../support/hits.ts';

const rule = aRule({ title: 'Scan', tags: ['attack.t1046', 'attack.t9999'] });

const HOUR = 3_600_000_000;

const event = (id: string, at: number, score: number, more: Partial<Detection> = {}): RiskEvent => {
  const seen = [at, at + 1_000_000] as unknown as readonly [Micros, Micros];
  const detection = {
    id,
    rule: rule.id,
    kind: 'risk',
    group: { user: id },
    count: 6,
    exact: false,
    seen,
    window: [at - HOUR, at],
    values: {},
    ...more,
  };
  return { detection, score, severityText: 'medium', attributes: {}, resource: {} } as unknown as RiskEvent;
};

const rowsOf = (events: readonly RiskEvent[], rules = [rule]) => {
  const table = new DetectionTable(rules);
  for (const one of events) table.add(one);
  return table.text().trimEnd().split('\n').slice(1);
};

test('rows stand by time, then the gravest first', () => {
  const second = 1_000_000;
  const rows = rowsOf([event('late', TEN + second, 90), event('minor', TEN, 20), event('grave', TEN, 70)]);
  expect(rows.map((row) => row.split(/ {2,}/)[3])).toEqual(['grave', 'minor', 'late']);
});

test('a summary gives the final figures, a second risk object adds nothing', () => {
  const [row, ...others] = rowsOf([
    event('a', TEN, 49),
    event('a', TEN, 49),
    event('s', TEN, 49, { kind: 'summary', of: 'a', count: 40, exact: true }),
  ]);
  expect(others).toEqual([]);
  expect(row).toBe(
    'Scan  49     40     a    2026-01-15 10:00:00  2026-01-15 10:00:01  T1046 Network Service Discovery, T9999',
  );
});

describe('a detection with a summary', () => {
  const second = 1_000_000;
  const scan = (start: number, last: number, count: number, id: string, user = 'a'): RiskEvent[] => {
    const group = { user };
    const seen = [start, last] as unknown as Detection['seen'];
    const bucket = Math.floor(start / HOUR) * HOUR;
    const window = [bucket, bucket + HOUR] as unknown as Detection['window'];
    return [
      event(id, start, 49, { group }),
      event(`${id} sum`, start, 49, { kind: 'summary', of: id, group, count, exact: true, seen, window }),
    ];
  };
  const figures = (rows: readonly string[]) => rows.map((row) => row.split(/ {2,}/).slice(2, 6));

  test('has count, first and last from it, also where the detection reached further back', () => {
    const early = (TEN - 60 * second) as Micros;
    const [risk, sum] = scan(TEN, TEN + second, 3, 'x');
    const back = { ...risk!, detection: { ...risk!.detection, seen: [early, TEN as Micros] as const } };
    expect(figures(rowsOf([back, sum!]))).toEqual([['3', 'a', '2026-01-15 10:00:00', '2026-01-15 10:00:01']]);
  });

  test('is one row with the next one where the scan goes on over the border', () => {
    const rows = rowsOf([
      ...scan(TEN - 600 * second, TEN - second, 206, '1'),
      ...scan(TEN, TEN + HOUR - second, 1000, '2'),
      ...scan(TEN + HOUR, TEN + HOUR + 600 * second, 204, '3'),
    ]);
    expect(figures(rows)).toEqual([['1410', 'a', '2026-01-15 09:50:00', '2026-01-15 11:10:00']]);
  });

  test.each([
    ['a pause as long as the timespan', TEN + HOUR + 3599 * second, 'a'],
    ['a bucket without a detection', TEN + 2 * HOUR, 'a'],
    ['another group', TEN + HOUR, 'b'],
  ])('is a row of its own after %s', (_, start, user) => {
    const rows = rowsOf([...scan(TEN, TEN + HOUR / 2, 6, '1'), ...scan(start, start + second, 6, '2', user)]);
    expect(rows).toHaveLength(2);
  });

  test('is counted on where its group closed early and came back', () => {
    const [risk, sum] = scan(TEN, TEN + 60 * second, 40, 'x');
    const [, later] = scan(TEN + 90 * second, TEN + 99 * second, 10, 'x');
    expect(figures(rowsOf([risk!, sum!, risk!, later!]))).toEqual([
      ['50+', 'a', '2026-01-15 10:00:00', '2026-01-15 10:01:39'],
    ]);
  });

  test('of a tumbling window is a row each', () => {
    const window = { kind: 'tumbling', offset: 0, lateness: 0, late: 'keep' } as unknown as Rule['window'];
    const rule = aRule({ title: 'Scan', window });
    const of = (at: number, id: string) =>
      event(id, at, 49, { group: { user: 'a' }, window: [at, at + HOUR] as unknown as Detection['window'] });
    expect(rowsOf([of(TEN, '1'), of(TEN + HOUR, '2')], [rule])).toHaveLength(2);
  });
});

test('what a rule tells of each event is one row for each who and score, with how often and when', () => {
  const each = aRule({ id: 'each', title: 'Each', kind: 'match', groupBy: [] });
  const of = (id: string, who: string, at: number, score = 20) => {
    const one = event(id, at, score, { rule: 'each', group: {}, count: 1, exact: true });
    return { ...one, attributes: { 'user.name': who } } as RiskEvent;
  };
  const second = 1_000_000;
  const rows = rowsOf(
    [
      of('1', 'alice', TEN),
      // Another risk object of the same detection.
      of('1', 'alice', TEN),
      of('2', 'bob', TEN + second),
      of('3', 'alice', TEN + 5 * second),
      of('4', 'alice', TEN + 6 * second, 30),
    ],
    [each],
  );
  expect(rows.map((row) => row.split(/ {2,}/).slice(1))).toEqual([
    ['20', '2', 'alice', '2026-01-15 10:00:00', '2026-01-15 10:00:06'],
    ['20', '1', 'bob', '2026-01-15 10:00:01', '2026-01-15 10:00:02'],
    ['30', '1', 'alice', '2026-01-15 10:00:06', '2026-01-15 10:00:07'],
  ]);
});

test('a long user widens no other row', () => {
  const rows = rowsOf([event('u'.repeat(3000), TEN, 49), event('bob', TEN, 49)]);
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(250);
});

test('detections by the hundred thousand are no trouble', () => {
  expect(rowsOf(Array.from({ length: 150_000 }, (_, i) => event(`u${i}`, TEN + i, 49)))).toHaveLength(
    150_000,
  );
});
