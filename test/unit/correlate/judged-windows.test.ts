import { expect, test } from 'vitest';
import { JudgedWindows } from '../../../src/correlate/judged-windows.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Detection } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { aHit, aRule, TEN } from '../../support/hits.ts';

const MINUTE = minutes(1);
const later = (at: number) => (TEN + at * MINUTE) as Micros;

function windows(condition: Rule['condition'] = [{ op: 'lt', value: 3 }]) {
  const fired: Detection[] = [];
  const context = { limits: { groups: 10, bytes: 1e6, values: 10 }, counters: new TestCounters() };
  const judged = new JudgedWindows(aRule({ condition, emit: 'close' }), context);
  return { judged, fired, fire: (detection: Detection) => fired.push(detection) > 0 };
}

test('a group with a hit that was not judged yet is not forgotten', () => {
  const { judged, fired, fire } = windows();
  judged.add(aHit(TEN), 0, fire);
  judged.expire(later(1000));
  expect(judged.groups).toBe(1);
  expect(judged.closeOne(later(1000), fire)).toBe(true);
  expect(fired).toHaveLength(1);
  judged.expire(later(1000));
  expect([judged.groups, judged.bytes]).toEqual([0, 0]);
});

test('`next` is when it is due: after the lateness, on a whole second', () => {
  const { judged, fire } = windows();
  expect(judged.next).toBeUndefined();
  judged.add(aHit(TEN), 0, fire);
  expect(judged.next).toBe(later(10) + 1_000_000);
  expect(judged.closeOne(later(10), fire)).toBe(false);
});

test('one call fires once, and the next goes on with the same group', () => {
  const { judged, fired, fire } = windows();
  judged.add(aHit(TEN), 0, fire);
  judged.add(aHit(TEN + 60 * MINUTE, { arrived: TEN }), 0, fire);
  expect(judged.closeOne(later(11), fire)).toBe(true);
  expect(fired.map(({ at }) => at)).toEqual([TEN]);
  expect(judged.closeOne(later(11), fire)).toBe(true);
  expect(fired.map(({ at }) => at)).toEqual([TEN, TEN + 60 * MINUTE]);
  expect(judged.closeOne(later(11), fire)).toBe(false);
});

test('a repeat that comes after its first hit can be in its span is a hit again, though a late judgement still holds the first', () => {
  const { judged, fired, fire } = windows([{ op: 'eq', value: 1 }]);
  const hit = aHit(TEN);
  judged.add(aHit(TEN), 0, fire);
  judged.add(hit, 0, fire);
  judged.add({ ...hit, arrived: later(70) }, 0, fire);
  while (judged.closeOne(later(1000), fire));
  expect(fired).toEqual([]);
  judged.add(aHit(TEN), 0, fire);
  judged.add(hit, 0, fire);
  judged.add({ ...hit, arrived: (later(70) + 1) as Micros }, 0, fire);
  while (judged.closeOne(later(1000), fire));
  expect(fired).toMatchObject([{ count: 1 }]);
});

test('of a full group a part is judged at once, so that others have their turn', () => {
  const { judged, fired, fire } = windows([{ op: 'lt', value: 1 }]);
  for (let i = 0; i < 25; i++) judged.add(aHit(TEN + i), 0, fire);
  const now = later(11);
  let calls = 0;
  while (judged.closeOne(now, fire)) calls++;
  expect(calls).toBeGreaterThan(2);
  expect([judged.next, fired]).toEqual([undefined, []]);
});
