import { describe, expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time-format.ts';
import { type Detection, FACTS, type Hit } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { aHit, aRule, aState, end, TEN, tumbling } from '../../support/hits.ts';

const SECOND = 1_000_000;
const HOUR = minutes(60);
const NET = '198.51.100.0/24';
const from = (client: string, at: number, more: Partial<Hit> = {}) =>
  aHit(at, { group: [client], payer: NET, ...more });

const overflows = (all: readonly Detection[]) => all.filter(({ overflow }) => overflow !== undefined);
const others = (all: readonly Detection[]) => all.filter(({ overflow }) => overflow === undefined);

/** Each of these clients once, a second apart. */
const each = (names: readonly string[], at: number, more: Partial<Hit> = {}) =>
  names.map((name, i) => from(name, at + i * SECOND, more));
const named = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

test('a network cannot hide its own slow scan in its own flood', async () => {
  const { give, fired } = await aState([aRule()], { groups: 10 });
  const flooding = { values: { verb: ['get'] } };
  for (let i = 0; i < 6; i++) {
    await give(from('scan', TEN + i * 60 * SECOND, { values: { verb: ['list'] } }));
    await give(...each(named(`flood-${i}-`, 30), TEN + i * 60 * SECOND, flooding));
  }
  const all = await fired();
  // The scan's own group never had six hits: the flood has pushed it out each time.
  expect(others(all)).toEqual([]);
  expect(all).toMatchObject([{ overflow: { network: NET }, values: { verb: ['list', 'get'] } }]);
});

test('what fires says how many groups it stands for and of which network, and names no group and no client', async () => {
  const { give, fired } = await aState([aRule()], { groups: 4 });
  const values = { verb: ['list'], [FACTS.client]: ['198.51.100.7'], [FACTS.user]: ['system:anonymous'] };
  await give(...each(named('c', 10), TEN, { values }));
  expect(await fired()).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      rule: 'rule',
      kind: 'risk',
      group: { 'client.address': null },
      overflow: { groups: 6, network: NET },
      at: TEN + 5 * SECOND,
      count: 6,
      exact: false,
      window: [TEN + 5 * SECOND - HOUR, TEN + 5 * SECOND],
      seen: [TEN, TEN + 5 * SECOND],
      values: { verb: ['list'], [FACTS.user]: ['system:anonymous'] },
      truncated: [],
      cut: false,
    },
  ]);
});

test('a hit that several folded groups hold is one hit, and a group that is folded twice is one group', async () => {
  const two = aRule({ condition: [{ op: 'gte', value: 3 }] });
  const { give, fired } = await aState([two], { groups: 3 });
  const once = { identity: 'one request' };
  await give(...each(['a', 'b', 'c', 'd', 'e'], TEN, once));
  expect(await fired()).toEqual([]);
  await give(from('a', TEN + SECOND), ...each(['f', 'g'], TEN), from('a', TEN + 2 * SECOND));
  await give(...each(['h', 'i', 'j'], TEN + 3 * SECOND));
  expect(await fired()).toMatchObject([{ count: 3, overflow: { groups: expect.any(Number) } }]);
});

test('it fires once for a bucket, again in the next one, and under the same id after another order', async () => {
  const flood = [...each(named('a', 40), TEN), ...each(named('b', 40), TEN + HOUR)];
  const ids = async (hits: readonly Hit[]) => {
    const { give, fired } = await aState([aRule()], { groups: 4 });
    await give(...hits);
    return (await fired()).map(({ id }) => id).sort();
  };
  const first = await ids(flood);
  expect(new Set(first).size).toBe(2);
  expect(first).toHaveLength(2);
  expect(await ids(flood.map((hit) => ({ ...hit, arrived: flood.at(-1)!.at })).reverse())).toEqual(first);
});

test.each<[string, Partial<Rule>]>([
  ['one hit is enough', { condition: [{ op: 'gte', value: 1 }] }],
  ['one hit is enough, and a summary is to come', { condition: [{ op: 'gte', value: 1 }], emit: 'both' }],
  ['one hit is enough, when the bucket closes', { condition: [{ op: 'gte', value: 1 }], emit: 'close' }],
])('what has fired by itself does not fire again together: %s', async (_, rule) => {
  const { give, fired, state, counters } = await aState([aRule(rule)], { groups: 4 });
  await give(...each(named('c', 50), TEN));
  await state.close(end);
  const all = await fired();
  expect(overflows(all)).toEqual([]);
  expect(all.filter(({ kind }) => kind === 'risk')).toHaveLength(50);
  expect(counters.of('groups_folded', 'rule')).toBeGreaterThan(40);
});

test('nor do the hits of a span that fired, though they are of the bucket before', async () => {
  const { give, fired } = await aState([aRule()], { groups: 3 });
  const border = TEN + HOUR;
  for (let i = 0; i < 6; i++) await give(from('scan', border + (i - 5) * SECOND));
  expect(await fired()).toHaveLength(1);
  await give(...each(['b', 'c', 'd'], border));
  // With the five hits before the border, one more would be enough.
  await give(from('e', border + SECOND));
  expect(await fired()).toEqual([]);
});

test('a group that is folded sends its summary, cut', async () => {
  const { give, fired } = await aState([aRule({ emit: 'both' })], { groups: 3 });
  for (let i = 0; i < 6; i++) await give(from('scan', TEN + i));
  await give(...each(['b', 'c', 'd'], TEN));
  expect(await fired()).toMatchObject([
    { kind: 'risk', group: { 'client.address': 'scan' } },
    { kind: 'summary', group: { 'client.address': 'scan' }, count: 6, cut: true },
  ]);
});

test('where each network has few groups, one overflow group stands for all, and names no network', async () => {
  const { give, fired, state } = await aState([aRule()], { groups: 4 });
  for (let i = 0; i < 40; i++) await give(aHit(TEN + i, { group: [`c${i}`], payer: `10.0.${i}.0/24` }));
  expect(await fired()).toMatchObject([{ overflow: { groups: 6 } }]);
  expect(state.held.groups).toBe(4);
});

test('the overflow groups of networks give way to others, and their hits still know their groups', async () => {
  const { give, fired } = await aState([aRule({ condition: [{ op: 'gte', value: 8 }] })], { groups: 4 });
  await give(...each(named('a', 6), TEN));
  // The overflow group of NET holds four hits now. Then many networks push it out.
  for (let i = 0; i < 10; i++) await give(aHit(TEN + i, { group: [`n${i}`], payer: `10.0.${i}.0/24` }));
  expect(await fired()).toMatchObject([{ count: 8, overflow: { groups: 8 } }]);
});

test('overflow groups are groups, and hold no more than a group can', async () => {
  const { give, state } = await aState([aRule()], { groups: 10 });
  const sizes: number[] = [];
  for (let i = 0; i < 2000; i++) {
    await give(from(`c${i}`, TEN + i * SECOND));
    expect(state.held.groups).toBeLessThanOrEqual(10);
    if (i % 100 === 99) sizes.push(state.held.bytes);
  }
  expect(Math.max(...sizes)).toBeLessThan(sizes[0]! * 2);
});

test('they are forgotten as groups are', async () => {
  const { give, state } = await aState([aRule({ emit: 'both' })], { groups: 4 });
  await give(...each(named('c', 30), TEN));
  await state.close(end);
  expect(state.held).toMatchObject({ groups: 0, bytes: 0 });
});

test('where memory is the bound, groups are folded too', async () => {
  const { give, fired, state, counters } = await aState([aRule()], { bytes: 20_000 });
  await give(...each(named('c', 500), TEN));
  expect(state.held.bytes).toBeLessThanOrEqual(20_000);
  expect(counters.of('state_evicted', 'rule')).toBeGreaterThan(0);
  expect(counters.of('groups_folded', 'rule')).toBeGreaterThan(400);
  expect(await fired()).toMatchObject([{ overflow: { network: NET } }]);
});

test.each<[string, Partial<Rule>]>([
  ['tumbling', { window: tumbling, emit: 'close' }],
  ['judged', { condition: [{ op: 'eq', value: 1 }], emit: 'close' }],
  ['waiting for silence', { condition: [{ op: 'lt', value: 1 }] }],
])('groups of other windows are closed early: %s', async (_, rule) => {
  const { give, fired, state, counters } = await aState([aRule(rule)], { groups: 4 });
  await give(...each(named('c', 30), TEN));
  await state.close(end);
  expect(overflows(await fired())).toEqual([]);
  expect(counters.of('groups_folded', 'rule')).toBe(0);
  expect(counters.of('groups_evicted', 'rule')).toBe(26);
});

test('a rule that counts detections does not count those of overflow groups', async () => {
  const outer = aRule({
    id: 'outer',
    fingerprint: 'outer',
    inputs: ['rule'],
    groupBy: [],
    condition: [{ op: 'gte', value: 1 }],
  });
  const { give, fired } = await aState([aRule(), outer], { groups: 4 });
  await give(...each(named('c', 30), TEN));
  expect(await fired()).toMatchObject([{ rule: 'rule', overflow: {} }]);
});

test('distinct values are counted over all groups', async () => {
  const rule = aRule({
    kind: 'value_count',
    conditionFields: ['path'],
    condition: [{ op: 'gte', value: 5 }],
  });
  const { give, fired } = await aState([rule], { groups: 4 });
  const visits = (client: string, path: string) => from(client, TEN, { values: { path: [path] } });
  for (let i = 0; i < 30; i++) await give(visits(`c${i}`, `/${i % 4}`));
  expect(await fired()).toEqual([]);
  for (let i = 0; i < 30; i++) await give(visits(`d${i}`, `/${i % 5}`));
  expect(await fired()).toMatchObject([{ value: 5, overflow: { network: NET } }]);
});

describe('a stop', () => {
  test('closes what is held, and overflow groups owe nothing', async () => {
    const { give, fired, state } = await aState([aRule({ emit: 'both' })], { groups: 4 });
    await give(...each(named('c', 30), TEN));
    await fired();
    const stopped = state.stop(AbortSignal.timeout(60_000));
    expect(await fired()).toEqual([]);
    await stopped;
    expect(state.held.groups).toBe(0);
  });
});
