import { expect, test } from 'vitest';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Micros } from '../../../src/model/time.ts';
import { ScoreHistory } from '../../../src/report/score-history.ts';
import { TEN } from '../../support/events.ts';
import { aDetection, one } from '../risk/rendered.ts';

const FIRST = one(aDetection());

/** Rendered once: some tests need thousands. */
function eventAt(seconds: number, client = '81.2.69.142'): RiskEvent {
  const at = (TEN + seconds * 1_000_000) as Micros;
  return {
    ...FIRST,
    detection: { ...FIRST.detection, at },
    attributes: { ...FIRST.attributes, 'sidewatch.risk.object': client },
  };
}

test('scores of an object are added up, the highest sum first', () => {
  const scores = new ScoreHistory();
  for (const event of [eventAt(2), eventAt(0), eventAt(1, '81.2.69.160')]) scores.add(event);
  expect(scores.highest(2)).toEqual([
    {
      type: 'system',
      value: '81.2.69.142',
      total: 98,
      points: [
        [TEN, 49],
        [TEN + 2_000_000, 49],
      ],
    },
    { type: 'system', value: '81.2.69.160', total: 49, points: [[TEN + 1_000_000, 49]] },
  ]);
  expect(scores.highest(1)).toHaveLength(1);
});

test('many steps become fewer with the same sum', () => {
  const scores = new ScoreHistory();
  for (let i = 0; i < 5_000; i++) scores.add(eventAt(i));
  const [line] = scores.highest(1);
  expect(line?.total).toBe(5_000 * 49);
  expect(line?.points.length).toBeLessThanOrEqual(500);
  expect(line?.points.reduce((sum, [, score]) => sum + score, 0)).toBe(5_000 * 49);
  expect(line?.points.at(-1)?.[0]).toBe(TEN + 4_999_000_000);
});

test('of too many objects those with the lowest sums give way', () => {
  const scores = new ScoreHistory();
  scores.add(eventAt(0, '10.9.9.9'));
  scores.add(eventAt(1, '10.9.9.9'));
  for (let i = 0; i < 20_001; i++) scores.add(eventAt(i, `10.1.${i >> 8}.${i & 255}`));
  expect(scores.highest(100_000).length).toBeLessThanOrEqual(20_000);
  expect(scores.highest(1)[0]?.value).toBe('10.9.9.9');
});
