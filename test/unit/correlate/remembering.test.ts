import { describe, expect, test } from 'vitest';
import { CELLS_MAX } from '../../../src/correlate/sliding-group.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aHit, aRule, aState, end, TEN } from '../../support/hits.ts';

// What is remembered, for how long, and what is counted when it is not.

const MINUTE = minutes(1);
const HOUR = 60 * MINUTE;
const two = [{ op: 'gte', value: 2 }] as const;
const at = (time: number, arrived = time, more = {}) => aHit(time, { arrived: arrived as Micros, ...more });

describe('a group with a backlog of weeks', () => {
  const backlog = async () => {
    const bench = await aState([aRule({ condition: two })]);
    // One hit in each cell; the older ones arrive first, and would be forgotten first.
    for (let i = 0; i <= CELLS_MAX; i++) await bench.give(at(TEN + i * HOUR, TEN + CELLS_MAX * HOUR + i));
    expect(await bench.fired()).toEqual([]);
    return bench;
  };

  test('holds so many cells, and counts what gave way', async () => {
    const { counters } = await backlog();
    expect(counters.of('cells_evicted', 'rule')).toBe(1);
  });

  test.each([
    ['the first to arrive is forgotten', 0, 0],
    ['the second is not, and is in a span with the third, too', 1, 2],
    ['the last is not', CELLS_MAX, 1],
  ])('%s', async (_, cell, fires) => {
    const { give, fired } = await backlog();
    await give(at(TEN + cell * HOUR + 1, TEN + CELLS_MAX * HOUR + CELLS_MAX + 1));
    expect(await fired()).toHaveLength(fires);
  });
});

describe('a rule without a window', () => {
  const each = aRule({ kind: 'match', groupBy: [], condition: [{ op: 'gte', value: 1 }] });
  const named = (identity: string, arrived = TEN as number) => at(TEN, arrived, { identity, group: [] });

  test('forgets the oldest identity where there are too many, and counts that', async () => {
    const { give, fired, counters } = await aState([each], { groups: 2 });
    await give(named('a'), named('b'), named('a'), named('c'));
    expect(counters.of('repeats_forgotten', 'rule')).toBe(1);
    await fired();
    await give(named('a'), named('c'));
    expect(await fired()).toEqual([]);
    await give(named('b'));
    expect(await fired()).toHaveLength(1);
  });

  test('knows a repeat for as long as lateness, whatever is closed meanwhile', async () => {
    const { state, give, fired } = await aState([each]);
    await give(named('a'));
    await state.close((TEN + 9 * MINUTE) as Micros);
    await give(named('a', TEN + 9 * MINUTE));
    expect(await fired()).toHaveLength(1);
    await state.close((TEN + 18 * MINUTE) as Micros);
    await give(named('a', TEN + 18 * MINUTE));
    expect(await fired()).toEqual([]);
  });

  test('gives hits without an identity ids of their own, though they came in one record', async () => {
    const { give, fired } = await aState([each]);
    await give(...[1, 2, 3].map(() => aHit(TEN, { identity: null, group: [] })));
    expect(new Set((await fired()).map(({ id }) => id)).size).toBe(3);
  });
});

test('a bucket that has fired does not fire again as long as hits of it come', async () => {
  const { state, give, fired } = await aState([aRule({ condition: two })]);
  const three = [TEN, TEN + 1, TEN + 2];
  await give(...three.map((time) => at(time)));
  expect(await fired()).toHaveLength(1);
  for (let late = 10; late <= 400; late += 10) {
    await state.close((TEN + late * MINUTE) as Micros);
    await give(at(TEN + 3 + late, TEN + late * MINUTE), at(TEN + 4 + late, TEN + late * MINUTE));
  }
  expect(await fired()).toEqual([]);
});

test('figures of a bucket that had closed before it fired are marked inexact', async () => {
  const { state, give, fired } = await aState([aRule({ condition: two, emit: 'both' })]);
  await give(at(TEN));
  await state.close((TEN + 71 * MINUTE) as Micros);
  await give(at(TEN + 1, TEN + 72 * MINUTE));
  await state.close(end);
  expect((await fired()).map(({ kind, count, exact }) => [kind, count, exact])).toEqual([
    ['risk', 2, false],
    ['summary', 2, false],
  ]);
});

test('a hit later than lateness is counted, and taken all the same', async () => {
  const { give, fired, counters } = await aState([aRule({ condition: two })]);
  await give(at(TEN, TEN + 10 * MINUTE), at(TEN + 1, TEN + 10 * MINUTE + 2));
  expect(counters.of('hits_late', 'rule')).toBe(1);
  expect(await fired()).toHaveLength(1);
});

test('a tumbling window far ahead of the clock closes as a backlog does', async () => {
  const window = { kind: 'tumbling', offset: 0, lateness: minutes(10), late: 'keep' } as const;
  const { state, give, fired } = await aState([
    aRule({ condition: two, emit: 'close', window: window as never }),
  ]);
  const ahead = TEN + 30 * 24 * HOUR;
  await give(at(ahead, TEN), at(ahead + 1, TEN));
  await state.close((TEN + 70 * MINUTE - 1) as Micros);
  expect(await fired()).toEqual([]);
  await state.close((TEN + 70 * MINUTE) as Micros);
  expect(await fired()).toMatchObject([{ count: 2 }]);
});
