import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Micros } from '../../../src/model/time.ts';
import { stateContract } from '../../contract/state.ts';
import { aHit, aRule, aState, end, TEN, tumbling } from '../../support/hits.ts';

stateContract('memory', aState);

const MINUTE = minutes(1);

test('groups whose hits can be in no later span are forgotten', async () => {
  const { state, give } = await aState([aRule()]);
  await give(aHit(TEN));
  await state.close((TEN + 140 * MINUTE) as Micros);
  expect(state.held.groups).toBe(1);
  await state.close((TEN + 141 * MINUTE) as Micros);
  expect(state.held).toEqual({ groups: 0, bytes: 0 });
});

test('after an hour of one cell after another only the cells that can still matter are held', async () => {
  const rule = aRule({ timespan: MINUTE, window: { kind: 'sliding', quiet: MINUTE, lateness: minutes(0) } });
  const { state, give } = await aState([rule]);
  await give(aHit(TEN));
  const one = state.held.bytes;
  for (let i = 1; i < 60; i++) await give(aHit(TEN + i * MINUTE));
  expect(state.held.bytes).toBeLessThan(one * 4);
});

test('a bucket that fires only through a late hit after its figures closed still gets one summary, marked inexact', async () => {
  const rule = aRule({ emit: 'both', condition: [{ op: 'gte', value: 2 }] });
  const { state, give, fired } = await aState([rule]);
  await give(aHit(TEN + 5 * MINUTE));
  await state.close((TEN + 71 * MINUTE) as Micros);
  await give(aHit(TEN - 5 * MINUTE, { arrived: (TEN + 72 * MINUTE) as Micros }));
  await state.close(end);
  const all = await fired();
  expect(all.map(({ kind }) => kind)).toEqual(['risk', 'summary']);
  expect(all[1]).toMatchObject({ count: 1, exact: false });
});

test('figures that are restored count a hit once, also without an identity', async () => {
  const rule = aRule({ emit: 'close', condition: [{ op: 'gte', value: 2 }], dedupe: 'none' });
  const { state, give, fired } = await aState([rule]);
  await give(aHit(TEN + 5 * MINUTE, { identity: null }));
  await state.close((TEN + 71 * MINUTE) as Micros);
  await give(aHit(TEN - 5 * MINUTE, { identity: null, arrived: (TEN + 72 * MINUTE) as Micros }));
  await state.close(end);
  expect(await fired()).toMatchObject([{ count: 1, exact: false }]);
});

test('a byte budget cuts collected values of an open window and counts them', async () => {
  const rule = aRule({
    emit: 'close',
    window: { kind: 'tumbling', offset: minutes(0), lateness: minutes(10), late: 'keep' },
  });
  const { give, counters } = await aState([rule], { bytes: 6000, values: 10 });
  for (let i = 0; i < 20; i++) await give(aHit(TEN + i, { values: { verb: [`${i}`] } }));
  expect(counters.of('values_cut', 'rule')).toBe(10);
});

test('many windows are closed in several turns of the event loop, and all of them are closed', async () => {
  const { state, give, fired } = await aState([aRule({ window: tumbling, emit: 'close' })]);
  for (let i = 0; i < 100; i++)
    await give(...Array.from({ length: 6 }, (_, k) => aHit(TEN + k, { group: [`192.0.2.${i}`] })));
  let turns = 0;
  let closing = true;
  const others = (async () => {
    while (closing) {
      await setImmediate();
      turns++;
    }
  })();
  await state.close(end);
  closing = false;
  await others;
  expect(turns).toBeGreaterThan(3);
  expect(await fired()).toHaveLength(100);
});

test('room in the outbox is reserved once for a group, however many hits it has', async () => {
  const { state } = await aState([aRule()], { outbox: 2 });
  const group = (address: string) => Array.from({ length: 5 }, () => aHit(TEN, { group: [address] }));
  const held = state.admit(group('192.0.2.1'));
  expect('release' in held).toBe(true);
  expect('release' in state.admit(group('192.0.2.2'))).toBe(true);
  expect('release' in state.admit(group('192.0.2.3'))).toBe(false);
});

test('a request of many hits gives others their turn, and all of its hits count', async () => {
  const { state, give, fired } = await aState([aRule({ condition: [{ op: 'gte', value: 3000 }] })]);
  let turns = 0;
  let done = false;
  const others = (async () => {
    while (!done) {
      await setImmediate();
      turns++;
    }
  })();
  await give(...Array.from({ length: 3000 }, (_, i) => aHit(TEN + i)));
  done = true;
  await others;
  expect(turns).toBeGreaterThan(3);
  expect(await fired()).toHaveLength(1);
  expect(state.held.groups).toBe(1);
});
