import { expect, test } from 'vitest';
import { counterSeries } from '../../../src/telemetry/counter-series.ts';

const NOTHING = { destinations: [], rules: [] };

test('two rules of one name are one series', () => {
  const counts = [
    { by: 'a', count: 2 },
    { by: 'b', count: 3 },
  ];
  expect(counterSeries('matches', counts, 'normal', () => 'scan', NOTHING)).toEqual([
    { labels: { rule: 'scan' }, value: 5 },
  ]);
});

test('labels are bounded: further ones are one series, and nothing is lost', () => {
  const counts = Array.from({ length: 1500 }, (_, i) => ({ by: `${i}`, count: 1 }));
  for (const name of ['matches', 'requests_refused'] as const) {
    const series = counterSeries(name, counts, 'detailed', (id) => `rule ${id}`, NOTHING);
    expect(series).toHaveLength(1001);
    expect(series.at(-1)).toEqual({
      labels: name === 'matches' ? { rule: 'other' } : { reason: 'other' },
      value: 500,
    });
  }
});

test('what the counters themselves sum up as other is no rule', () => {
  const counts = [{ by: 'other', count: 7 }];
  const ruleName = () => 'a rule that is not in force';
  expect(counterSeries('matches', counts, 'normal', ruleName, NOTHING)).toEqual([
    { labels: { rule: 'other' }, value: 7 },
  ]);
});
