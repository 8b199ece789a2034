import { expect, test } from 'vitest';
import { DetectionTable } from '../../../../src/commands/replay/detection-table.ts';
import type { Detection } from '../../../../src/model/hit.ts';
import type { RiskEvent } from '../../../../src/model/risk.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { TEN } from '../../../support/events.ts';
import { aRule } from '../../../support/hits.ts';

const rule = aRule({ title: 'Scan', tags: ['attack.t1046', 'attack.t9999'] });

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
    ...more,
  };
  return { detection, score, attributes: {} } as unknown as RiskEvent;
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
