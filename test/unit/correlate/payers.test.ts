import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Payers } from '../../../src/correlate/payers.ts';
import { aHit, aRule, aState, end, TEN } from '../../support/hits.ts';

const paid = (payer: string, key: string) => ({ payer, key });
const A1 = paid('A', 'a1');
const A2 = paid('A', 'a2');
const B1 = paid('B', 'b1');
const B2 = paid('B', 'b2');

function payers(...touched: readonly (typeof A1)[]) {
  const all = new Payers<typeof A1>();
  for (const group of touched) all.touch(group);
  return all;
}

test.each([
  ['nobody, of none', [], undefined],
  ['the payer that has most, though it was hit last', [B1, A1, A2], A1],
  ['its least recently hit group', [A1, A2, B1, A1], A2],
  ['of payers that have as many the least recently hit one', [A1, B1], A1],
  ['of payers that have as many the least recently hit one, with groups that were there', [A1, B1, A1], B1],
  ['the same with several groups', [A1, B1, B2, A2, B2], A1],
])('makes room: %s', (_, touched, first) => {
  expect(payers(...touched).first).toEqual(first);
});

test("a group that left is nobody's any more, and to leave twice is fine", () => {
  const all = payers(A1, A2, B1);
  all.delete(A1);
  all.delete(A1);
  expect(all.first).toEqual(B1);
  all.delete(B1);
  expect(all.first).toEqual(A2);
  all.delete(A2);
  expect(all.first).toBeUndefined();
});

test('whatever comes and goes, the same as by looking at all of them', () => {
  const step = fc.record({
    payer: fc.constantFrom('A', 'B', 'C'),
    key: fc.constantFrom('1', '2', '3', '4'),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const all = new Payers<typeof A1>();
      let naive: (typeof A1)[] = [];
      const changed: string[] = [];
      for (const { payer, key, leaves } of steps) {
        const group = paid(payer, payer + key);
        if (!leaves || naive.some((other) => other.key === group.key)) changed.push(payer);
        naive = naive.filter((other) => other.key !== group.key);
        if (leaves) all.delete(group);
        else {
          all.touch(group);
          naive.push(group);
        }
        const count = (one: typeof A1) => naive.filter((other) => other.payer === one.payer).length;
        const most = Math.max(...naive.map(count));
        const [quietest] = naive
          .filter((one) => count(one) === most)
          .toSorted((a, b) => changed.lastIndexOf(a.payer) - changed.lastIndexOf(b.payer));
        expect(all.first).toEqual(quietest && naive.find((one) => one.payer === quietest.payer));
      }
    }),
  );
});

const flood = (n: number, payer: string) =>
  Array.from({ length: n }, (_, i) => aHit(TEN + i, { group: [`${payer}-${i}`], payer }));

test('a flood from one network pushes out no group of another', async () => {
  const { give, fired, counters } = await aState([aRule()], { groups: 100 });
  for (let i = 0; i < 6; i++) {
    await give(aHit(TEN + i, { group: ['192.0.2.1'], payer: '192.0.2.0/24' }));
    await give(...flood(1000, '198.51.100.0/24'));
  }
  expect(await fired()).toMatchObject([{ group: { 'client.address': '192.0.2.1' } }]);
  expect(counters.of('groups_evicted', 'rule')).toBe(6 * 1000 - 99);
});

test('nor does one that fills the memory of all rules', async () => {
  const { give, fired, state } = await aState([aRule()], { bytes: 200_000 });
  for (let i = 0; i < 6; i++) {
    await give(aHit(TEN + i, { group: ['192.0.2.1'], payer: '192.0.2.0/24' }));
    await give(...flood(1000, '198.51.100.0/24'));
  }
  expect(state.held.bytes).toBeLessThanOrEqual(200_000);
  expect(await fired()).toMatchObject([{ group: { 'client.address': '192.0.2.1' } }]);
});

test('with P payers and room for C groups, who has no more than C / P loses none', async () => {
  const groups = 12;
  const hit = fc.record({ payer: fc.constantFrom('A', 'B', 'C'), group: fc.nat(9) });
  await fc.assert(
    fc.asyncProperty(fc.array(hit, { maxLength: 80 }), async (hits) => {
      const { give, fired, state } = await aState(
        [aRule({ condition: [{ op: 'gte', value: 1 }], emit: 'both' })],
        { groups },
      );
      for (const [i, { payer, group }] of hits.entries())
        await give(aHit(TEN + i, { payer, group: [`${payer}${group}`] }));
      await state.close(end);
      const lost = new Set(
        (await fired()).filter(({ cut }) => cut).map(({ group }) => group['client.address']?.charAt(0)),
      );
      for (const payer of lost) {
        const own = new Set(hits.filter((one) => one.payer === payer).map(({ group }) => group));
        expect(own.size).toBeGreaterThan(groups / 3);
      }
    }),
  );
});
