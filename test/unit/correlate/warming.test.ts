import { describe, expect, test } from 'vitest';
import { LATEST_MAX } from '../../../src/correlate/group-table.ts';
import { MemoryState } from '../../../src/correlate/memory-state.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';
import { aHit, aRule, aState, tumbling } from '../../support/hits.ts';

async function stateOf(rules: readonly Rule[]) {
  const { state, give: record, fired } = await aState(rules);
  if (!(state instanceof MemoryState)) throw new Error('the windows are in memory');
  const shown = (most = 100) =>
    state
      .warming(most)
      .map(({ rule, group, count, of, at, fired }) => [
        rule.id,
        ...Object.values(group),
        count,
        of,
        at - TEN,
        fired,
      ]);
  return { state, record, shown, fired };
}

const at = (micros: number) => (TEN + micros) as Micros;

describe('a group shows its latest hit, and how much of its threshold its span holds', () => {
  test('with a sliding window', async () => {
    const { record, shown } = await stateOf([aRule()]);
    expect(shown()).toEqual([]);
    await record(aHit(at(1), { group: ['a'] }), aHit(at(3), { group: ['b'] }), aHit(at(2), { group: ['a'] }));
    expect(shown()).toEqual([
      ['rule', 'a', 2, 6, 2, false],
      ['rule', 'b', 1, 6, 3, false],
    ]);
    // The first two have left the span that ends here.
    const later = minutes(60) + 2;
    await record(aHit(at(later), { group: ['a'] }));
    expect(shown()[0]).toEqual(['rule', 'a', 1, 6, later, false]);
    for (let i = 1; i <= 5; i++) await record(aHit(at(later + i), { group: ['a'] }));
    expect(shown()[0]).toEqual(['rule', 'a', 6, 6, later + 5, true]);
  });

  test('with a tumbling window, the latest one', async () => {
    const rule = aRule({ window: tumbling, kind: 'value_count', conditionFields: ['verb'] });
    const { record, shown } = await stateOf([rule]);
    const hit = (micros: number, verb: string) =>
      aHit(at(micros), { group: ['a'], values: { verb: [verb] } });
    await record(hit(1, 'get'));
    expect(shown()).toEqual([['rule', 'a', 1, 6, 1, false]]);
    await record(hit(2, 'list'), hit(3, 'list'));
    expect(shown()).toEqual([['rule', 'a', 2, 6, 3, false]]);
    await record(hit(minutes(60), 'get'));
    expect(shown()).toEqual([['rule', 'a', 1, 6, minutes(60), false]]);
  });

  test('with a condition that a late hit can revoke', async () => {
    const { record, shown } = await stateOf([aRule({ condition: [{ op: 'lt', value: 3 }] })]);
    await record(aHit(at(1), { group: ['a'] }), aHit(at(2), { group: ['a'] }));
    expect(shown()).toEqual([['rule', 'a', 2, undefined, 2, false]]);
  });

  test('with several inputs', async () => {
    const inputs = ['x', 'y', 'z'];
    const rules = (['temporal', 'temporal_ordered'] as const).map((kind) =>
      aRule({ id: kind, fingerprint: kind, kind, inputs, condition: [] }),
    );
    const { record, shown } = await stateOf(rules);
    for (const { id, fingerprint } of rules)
      for (const [i, input] of ['y', 'x', 'x'].entries())
        await record(aHit(at(i), { rule: id, fingerprint, input, group: ['a'] }));
    expect(shown()).toEqual([
      ['temporal', 'a', 2, 3, 2, false],
      ['temporal_ordered', 'a', 2, 3, 2, false],
    ]);
  });
});

test('looking changes nothing: the group fires as it would have', async () => {
  const { state, record, shown, fired } = await stateOf([aRule({ window: tumbling, emit: 'close' })]);
  await record(aHit(at(1), { group: ['a'] }));
  const { bytes } = state.held;
  shown();
  expect(state.held.bytes).toBe(bytes);
  for (let i = 2; i <= 6; i++) {
    await record(aHit(at(i), { group: ['a'] }));
    shown();
  }
  await state.close(at(minutes(200)));
  expect(await fired()).toMatchObject([{ count: 6, exact: true, seen: [at(1), at(6)] }]);
});

test('only the groups that were hit last are looked at, also those from before anyone looked', async () => {
  const { state, record, shown } = await stateOf([aRule()]);
  const groups = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `g${from + i}`);
  for (const [i, name] of groups(40).entries()) await record(aHit(at(i), { group: [name] }));
  const latest = groups(LATEST_MAX, 40 - LATEST_MAX).reverse();
  expect(shown().map(([, name]) => name)).toEqual(latest);
  expect(shown(3).map(([, name]) => name)).toEqual(latest.slice(0, 3));
  await record(aHit(at(50), { group: ['g0'] }), aHit(at(51), { group: ['new'] }));
  expect(shown().map(([, name]) => name)).toEqual(['new', 'g0', ...latest.slice(0, LATEST_MAX - 2)]);
  state.unwatch();
  await record(aHit(at(60), { group: ['g1'] }));
  expect(shown(1)).toEqual([['rule', 'g1', 2, 6, 60, false]]);
});

test('a group that is forgotten is not shown', async () => {
  const { state, record, shown } = await stateOf([aRule()]);
  await record(aHit(at(1), { group: ['a'] }));
  expect(shown()).toHaveLength(1);
  await state.close(at(minutes(600)));
  expect([shown(), state.held.groups]).toEqual([[], 0]);
});

test('several rules share what may be looked at', async () => {
  const rules = ['one', 'two', 'three'].map((id) => aRule({ id, fingerprint: id }));
  const { record, shown } = await stateOf(rules);
  for (const { id, fingerprint } of rules)
    for (const name of ['a', 'b', 'c']) await record(aHit(at(1), { rule: id, fingerprint, group: [name] }));
  expect(shown(7).map(([id]) => id)).toEqual(
    ['one', 'one', 'three', 'three', 'two', 'two'].sort((a, b) => order(a) - order(b)),
  );
  expect(shown(2)).toHaveLength(2);
});

const order = (id: string) => ['one', 'two', 'three'].indexOf(id);
