import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Payers } from '../../../src/correlate/payers.ts';
import type { Detection } from '../../../src/model/hit.ts';
import { aHit, aRule, aState, end, TEN } from '../../support/hits.ts';

const paid = (payer: string, key: string) => ({ payer, key });
const A1 = paid('A', 'a1');
const A2 = paid('A', 'a2');
const B1 = paid('B', 'b1');
const B2 = paid('B', 'b2');

function payers(...touched: readonly (typeof A1)[]) {
  const all = new Payers<typeof A1>();
  const known = new Set<typeof A1>();
  for (const group of touched) {
    if (known.has(group)) all.touch(group);
    else all.add(group);
    known.add(group);
  }
  return all;
}

test.each([
  ['none', [], undefined],
  ['none, where no payer has more than one', [A1, B1, A1], undefined],
  ['the payer that has most, though it was hit last', [B1, A1, A2], A1],
  ['its least recently hit group', [A1, A2, B1, A1], A2],
])('the payer with most groups gives way, with its least recently hit group: %s', (_, touched, first) => {
  expect(payers(...touched).first).toEqual(first);
});

test('a group that left counts for no payer any more, and to leave twice is fine', () => {
  const all = payers(A1, A2, B1, B2);
  all.delete(A1);
  all.delete(A1);
  expect(all.first).toEqual(B1);
  all.delete(B1);
  expect(all.first).toBeUndefined();
});

test('whatever comes and goes, the answer is that of a look at all groups', () => {
  const step = fc.record({
    payer: fc.constantFrom('A', 'B', 'C'),
    key: fc.constantFrom('1', '2', '3', '4'),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const all = new Payers<typeof A1>();
      let naive: (typeof A1)[] = [];
      for (const { payer, key, leaves } of steps) {
        const group = paid(payer, payer + key);
        const known = naive.some((other) => other.key === group.key);
        naive = naive.filter((other) => other.key !== group.key);
        if (leaves) all.delete(group);
        else {
          if (known) all.touch(group);
          else all.add(group);
          naive.push(group);
        }
        const of = (payer: string) => naive.filter((other) => other.payer === payer);
        const most = Math.max(0, ...naive.map((one) => of(one.payer).length));
        if (most < 2) expect(all.first).toBeUndefined();
        else {
          const [first, ...others] = of(all.first!.payer);
          expect(all.first).toEqual(first);
          expect(others).toHaveLength(most - 1);
        }
      }
    }),
  );
});

const ofGroups = (all: readonly Detection[]) => all.filter(({ overflow }) => overflow === undefined);

test('where no payer has more than one group, the least recently hit of all gives way', async () => {
  const { give, fired } = await aState([aRule({ condition: [{ op: 'gte', value: 2 }] })], { groups: 2 });
  const from = (payer: string) => aHit(TEN, { group: [payer], payer });
  await give(from('a'), from('b'));
  await give(from('a'));
  expect(await fired()).toHaveLength(1);
  await give(from('c'), from('b'));
  expect(ofGroups(await fired())).toEqual([]);
});

const flood = (n: number, payer: string) =>
  Array.from({ length: n }, (_, i) => aHit(TEN + i, { group: [`${payer}-${i}`], payer }));

test('a flood from one network pushes out no group of another', async () => {
  const { give, fired, counters } = await aState([aRule()], { groups: 100 });
  for (let i = 0; i < 6; i++) {
    await give(aHit(TEN + i, { group: ['192.0.2.1'], payer: '192.0.2.0/24' }));
    await give(...flood(1000, '198.51.100.0/24'));
  }
  expect(ofGroups(await fired())).toMatchObject([{ group: { 'client.address': '192.0.2.1' } }]);
  // One of the hundred is the overflow group.
  expect(counters.of('groups_evicted', 'rule')).toBe(6 * 1000 - 98);
});

test('nor does one that fills the memory of all rules', async () => {
  const { give, fired, state } = await aState([aRule()], { bytes: 200_000 });
  for (let i = 0; i < 6; i++) {
    await give(aHit(TEN + i, { group: ['192.0.2.1'], payer: '192.0.2.0/24' }));
    await give(...flood(1000, '198.51.100.0/24'));
  }
  expect(state.held.bytes).toBeLessThanOrEqual(200_000);
  expect(ofGroups(await fired())).toMatchObject([{ group: { 'client.address': '192.0.2.1' } }]);
});

test('with P payers and room for C groups, a payer with no more than C / P loses none', async () => {
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
