import { expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time-format.ts';
import { FACTS } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aHit, aRule, aState, TEN } from '../../support/hits.ts';

const MINUTE = minutes(1);
const rule = (more: Partial<Rule> = {}) =>
  aRule({ condition: [{ op: 'lt', value: 1 }], timespan: minutes(16), emit: 'close', ...more });
const after = (n: number) => (TEN + n * MINUTE) as Micros;

test('a group without a hit for the timespan and a sixteenth of it fires once', async () => {
  const { state, give, fired } = await aState([rule()]);
  await give(aHit(TEN));
  await state.close(after(16.9));
  expect(await fired()).toEqual([]);
  await state.close(after(17.1));
  expect(await fired()).toMatchObject([
    {
      kind: 'risk',
      at: after(16),
      count: 0,
      exact: true,
      cut: false,
      window: [TEN, after(16)],
      seen: [TEN, TEN],
      group: { 'client.address': '192.0.2.1' },
      values: { verb: ['get'] },
    },
  ]);
  await state.close(after(600));
  expect(await fired()).toEqual([]);
});

test('the client of the last hit is not in the detection; the cluster is', async () => {
  const { state, give, fired } = await aState([rule()]);
  const values = {
    verb: ['get'],
    [FACTS.client]: ['192.0.2.1'],
    [FACTS.user]: ['alice'],
    [FACTS.cluster]: ['prod'],
  };
  await give(aHit(TEN, { values }));
  await state.close(after(18));
  expect((await fired())[0]!.values).toEqual({ verb: ['get'], [FACTS.cluster]: ['prod'] });
});

test('each hit puts it off, whatever its event time: the time of arrival counts', async () => {
  const { state, give, fired } = await aState([rule()]);
  await give(aHit(TEN), aHit(after(-300), { arrived: after(10) }));
  await state.close(after(26));
  expect(await fired()).toEqual([]);
  await state.close(after(27.1));
  expect(await fired()).toMatchObject([{ seen: [after(-300), after(-300)] }]);
});

test('a group that has a hit again can fall silent again, with another id', async () => {
  const { state, give, fired } = await aState([rule()]);
  await give(aHit(TEN));
  await state.close(after(20));
  await give(aHit(after(20)));
  await state.close(after(40));
  const ids = (await fired()).map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});

test('each group falls silent by itself', async () => {
  const { state, give, fired } = await aState([rule()]);
  await give(aHit(TEN, { group: ['a'] }), aHit(TEN, { group: ['b'] }));
  await give(aHit(after(10), { group: ['b'] }));
  await state.close(after(18));
  expect((await fired()).map(({ group }) => group['client.address'])).toEqual(['a']);
});

test('a hit within a sixteenth of the timespan need not be made', async () => {
  const { state, give } = await aState([rule()]);
  const idle = (at: Micros, arrived = at) => state.idle('rule', 'print', ['192.0.2.1'], at, arrived);
  expect(idle(TEN)).toBe(false);
  await give(aHit(TEN));
  expect([idle(TEN), idle(after(0.9)), idle(after(1)), idle(after(-1))]).toEqual([true, true, false, false]);
  // A backlog: its events are old, and the clock goes on.
  expect([idle(after(-100), after(0.5)), idle(after(-100), after(1))]).toEqual([true, false]);
});

test('a stop, the end of a recording, and room for others are no silence', async () => {
  const stopped = await aState([rule()]);
  await stopped.give(aHit(TEN));
  await stopped.state.stop(AbortSignal.abort());
  expect(await stopped.fired()).toEqual([]);

  const ended = await aState([rule()]);
  await ended.give(aHit(TEN));
  await ended.state.end();
  expect(await ended.state.close(after(1000))).toBeUndefined();
  expect(await ended.fired()).toEqual([]);

  const full = await aState([rule()], { groups: 1 });
  await full.give(aHit(TEN, { group: ['a'] }), aHit(TEN, { group: ['b'] }));
  await full.state.close(after(18));
  expect((await full.fired()).map(({ group }) => group['client.address'])).toEqual(['b']);
  expect(full.counters.of('groups_evicted', 'rule')).toBe(1);
});

test('what it holds is counted until it is forgotten', async () => {
  const { state, give } = await aState([rule()]);
  await give(aHit(TEN));
  expect(state.held).toEqual({ groups: 1, bytes: expect.any(Number) });
  expect(state.held.bytes).toBeGreaterThan(0);
  await state.close(after(18));
  expect(state.held).toEqual({ groups: 0, bytes: 0 });
});
