import { describe, expect, test } from 'vitest';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { actorText, EvidentFindings, Findings, type FindingsOptions } from '../../../src/report/findings.ts';
import { secondText } from '../../../src/report/terminal/shown-time.ts';
import { TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';

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

const found = (events: readonly RiskEvent[], rules = [rule], options: FindingsOptions = {}) => {
  const findings = new Findings(rules, options);
  for (const one of events) findings.add(one);
  return findings;
};

/** Score, count with a + where it is "at least", who, first and last seen. */
const rowsOf = (events: readonly RiskEvent[], rules = [rule], options: FindingsOptions = {}) =>
  found(events, rules, options)
    .list()
    .map(({ score, count, exact, who, seen }) => [
      String(score),
      `${count}${exact ? '' : '+'}`,
      actorText(who),
      ...seen.map((at) => secondText(at, 'utc')),
    ]);

test('the gravest first, then the earliest', () => {
  const second = 1_000_000;
  const rows = rowsOf([
    event('late', TEN + second, 70),
    event('minor', TEN, 20),
    event('grave', TEN + second, 90),
    event('early', TEN, 70),
    { ...event('high', TEN, 10), severityText: 'high' },
  ]);
  expect(rows.map(([, , who]) => who)).toEqual(['high', 'grave', 'early', 'late', 'minor']);
});

test('a summary gives the final figures, a second risk object only its name', () => {
  const about = (one: RiskEvent, object: string) => ({
    ...one,
    attributes: { 'sidewatch.risk.object': object, 'sidewatch.risk.object.type': 'user' },
  });
  const [first, ...others] = found([
    about(event('a', TEN, 49), 'alice'),
    about(event('a', TEN, 49), 'bob'),
    event('s', TEN, 49, { kind: 'summary', of: 'a', count: 40, exact: true }),
  ]).list();
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    count: 40,
    exact: true,
    alerts: 1,
    ids: ['a'],
    objects: [
      { type: 'user', value: 'alice' },
      { type: 'user', value: 'bob' },
    ],
  });
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
  const figures = (rows: readonly (readonly string[])[]) => rows.map((row) => row.slice(1));

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

  test('keeps the number of its alerts, and each is a finding of its own where all are wanted', () => {
    const day = [
      ...scan(TEN - 600 * second, TEN - second, 206, '1'),
      ...scan(TEN, TEN + 60 * second, 1000, '2').map((one) => ({ ...one, severityText: 'high' })),
    ];
    const folded = found(day);
    expect(folded.list()).toMatchObject([{ alerts: 2, ids: ['1', '2'], level: 'high', count: 1206 }]);
    expect(folded.tally.levels).toMatchObject({ medium: 1, high: 1 });
    const unfolded = found(day, [rule], { all: true });
    expect(unfolded.list().map(({ ids, alerts, count }) => [ids, alerts, count])).toEqual([
      [['2'], 1, 1000],
      [['1'], 1, 206],
    ]);
  });

  test('has its latest risk event and summary where they are wanted', () => {
    const [risk, sum] = scan(TEN, TEN + second, 3, 'x');
    const findings = new EvidentFindings([rule]);
    for (const one of [risk!, sum!]) findings.add(one);
    const [finding] = findings.list();
    expect([finding!.risk, finding!.summary]).toEqual([risk, sum]);
    expect(found([risk!, sum!]).list()[0]).toMatchObject({ risk: undefined, summary: undefined });
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

test('what a rule reports of each event is one row for each who and score, with how often and when', () => {
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
  expect(rows).toEqual([
    ['30', '1', 'alice', '2026-01-15 10:00:06', '2026-01-15 10:00:07'],
    ['20', '2', 'alice', '2026-01-15 10:00:00', '2026-01-15 10:00:06'],
    ['20', '1', 'bob', '2026-01-15 10:00:01', '2026-01-15 10:00:02'],
  ]);
});

test('an overflow detection has no score, and the network in place of a client', () => {
  const one = event('o', TEN, 0, { group: {}, overflow: { groups: 3, network: '10.0.0.0/24' } });
  const { score: _, ...without } = one;
  expect(found([without as RiskEvent]).list()).toMatchObject([
    { score: undefined, who: { client: '10.0.0.0/24' } },
  ]);
});

test('detections by the hundred thousand are no trouble', () => {
  expect(rowsOf(Array.from({ length: 150_000 }, (_, i) => event(`u${i}`, TEN + i, 49)))).toHaveLength(
    150_000,
  );
});
