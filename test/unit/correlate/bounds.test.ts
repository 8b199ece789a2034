import { expect, test } from 'vitest';
import { ORDERED_MAX } from '../../../src/correlate/counting.ts';
import { JUDGED_MAX } from '../../../src/correlate/judged-group.ts';
import { IDENTITIES_MAX } from '../../../src/correlate/window-figures.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aHit, aRule, aState, end, TEN, tumbling } from '../../support/hits.ts';

const MINUTE = minutes(1);
const SECOND = MINUTE / 60;
const two = [{ op: 'gte', value: 2 }] as const;

test('a flood of one input of temporal_ordered loses its own hits in the middle, and pushes out none of the other inputs', async () => {
  const rule = aRule({ kind: 'temporal_ordered', inputs: ['a', 'b', 'c'], condition: [] });
  const { state, give, fired, counters } = await aState([rule]);
  const of = (input: string, at: number) => aHit(TEN + at * SECOND, { input });
  await give(of('a', 100));
  const sizes: number[] = [];
  for (let i = 0; i < ORDERED_MAX * 10; i++) {
    await give(of('b', i + 101));
    if (i % ORDERED_MAX === 0) sizes.push(state.held.bytes);
  }
  expect(sizes.at(-1)).toBeLessThan(sizes[4]! * 1.2);
  expect(counters.of('hits_evicted', 'rule')).toBeGreaterThan(0);
  expect(await fired()).toEqual([]);
  await give(of('c', 1200));
  expect(await fired()).toMatchObject([{ seen: [TEN + 100 * SECOND, TEN + 1200 * SECOND] }]);
});

test('a full group of a revocable rule takes no more hits and counts that, and what it then fires is inexact', async () => {
  const rule = aRule({ condition: [{ op: 'neq', value: 1 }], emit: 'close' });
  const { state, give, fired, counters } = await aState([rule]);
  for (let i = 0; i < JUDGED_MAX + 10; i++) await give(aHit(TEN + i));
  expect(counters.of('hits_evicted', 'rule')).toBe(10);
  await state.close((TEN + 11 * MINUTE) as Micros);
  expect(await fired()).toMatchObject([{ count: 2, exact: false }]);
  const later = TEN + 80 * MINUTE;
  await give(aHit(later), aHit(later + 1));
  await state.close(end);
  expect(counters.of('hits_evicted', 'rule')).toBe(10);
  expect(await fired()).toMatchObject([{ count: 2, exact: true }]);
});

test('a group of a revocable rule is forgotten when what it holds can be in no span any more', async () => {
  const { state, give } = await aState([
    aRule({
      condition: [
        { op: 'gt', value: 9 },
        { op: 'lt', value: 12 },
      ],
    }),
  ]);
  await give(aHit(TEN));
  await state.close((TEN + 70 * MINUTE) as Micros);
  expect(state.held.groups).toBe(1);
  await state.close((TEN + 70 * MINUTE + 1) as Micros);
  expect(state.held).toEqual({ groups: 0, bytes: 0 });
});

test('groups of a revocable rule give way to others, judged early', async () => {
  const rule = aRule({ condition: [{ op: 'eq', value: 1 }], emit: 'close' });
  const { give, fired, counters, state } = await aState([rule], { groups: 2 });
  await give(...['x', 'y', 'z'].map((group) => aHit(TEN, { group: [group] })));
  expect(await fired()).toMatchObject([{ group: { 'client.address': 'x' }, cut: true }]);
  expect(counters.of('groups_evicted', 'rule')).toBe(1);
  expect(state.held.groups).toBe(2);
});

test.each([
  ['sliding', aRule({ kind: 'value_count', conditionFields: ['f'], condition: two, emit: 'both' })],
  ['tumbling', aRule({ kind: 'value_count', conditionFields: ['f'], condition: two, window: tumbling })],
])('%s: beyond so many distinct values the number says at least', async (_kind, rule) => {
  const { state, give, fired } = await aState([rule]);
  for (let i = 0; i <= IDENTITIES_MAX; i++)
    await give(aHit(TEN + i, { identity: null, values: { f: [`${i}`] } }));
  await state.close(end);
  expect((await fired()).at(-1)).toMatchObject({
    value: IDENTITIES_MAX,
    count: IDENTITIES_MAX + 1,
    exact: false,
  });
});

test('what a group of a value_count rule holds does not grow with its values', async () => {
  const rule = aRule({ kind: 'value_count', conditionFields: ['f'], condition: [{ op: 'gte', value: 5 }] });
  const { state, give } = await aState([rule]);
  const sizes: number[] = [];
  for (let i = 0; i < 2000; i++) {
    await give(aHit(TEN + i * 1000, { values: { f: [`${i}`] } }));
    if (i % 100 === 99) sizes.push(state.held.bytes);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(sizes[0]! * 2);
});

test('hits without the field, values beyond 16 and texts that are no numbers are counted', async () => {
  const count = aRule({ kind: 'value_count', conditionFields: ['f'], condition: two });
  const { give, counters } = await aState([count]);
  await give(aHit(TEN, { values: {} }));
  await give(aHit(TEN, { values: { f: Array.from({ length: 20 }, (_, i) => `${i}`) } }));
  expect(counters.of('hits_without_value', 'rule')).toBe(1);
  expect(counters.of('hit_values_cut', 'rule')).toBe(4);
  const sum = await aState([
    aRule({ kind: 'value_sum', conditionFields: ['f'], condition: two, emit: 'close' }),
  ]);
  await sum.give(aHit(TEN, { values: { f: ['x', 'y'] } }));
  expect(sum.counters.of('values_not_numbers', 'rule')).toBe(2);
  expect(sum.counters.of('hits_without_value', 'rule')).toBe(1);
});
