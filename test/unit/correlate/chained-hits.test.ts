import { expect, test } from 'vitest';
import { chainedHits } from '../../../src/correlate/chained-hits.ts';
import { GROUP_MEMBERS_MAX } from '../../../src/model/bounds.ts';
import { type Detection, FACTS } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { aRule, TEN } from '../../support/hits.ts';

const detection: Detection = {
  id: 'detected',
  rule: 'inner',
  kind: 'risk',
  at: TEN,
  group: { 'client.address': '2001:db8::/64', namespace: null },
  count: 3,
  exact: false,
  window: [TEN, TEN],
  seen: [TEN, TEN],
  values: {
    'client.address': ['2001:db8::1', '2001:db8::2'],
    user: ['v', 'u'],
    namespace: ['shop'],
    unwanted: ['x'],
    [FACTS.cluster]: ['prod'],
  },
  truncated: [],
  cut: false,
};
const later = (TEN + 5) as Micros;
const counters = new TestCounters();
const hits = (more: Partial<Rule>) =>
  chainedHits(aRule({ inputs: ['inner'], ...more }), detection, later, counters);
const groups = (more: Partial<Rule>) => hits(more).map(({ group }) => group);

test('a detection is a hit by its id, at its own time and that of the step', () => {
  expect(hits({})).toMatchObject([
    {
      rule: 'rule',
      fingerprint: 'print',
      input: 'inner',
      identity: 'detected',
      at: TEN,
      arrived: later,
      group: ['2001:db8::/64'],
      payer: '',
    },
  ]);
});

test('it carries what the outer rule names, its group first, and the facts', () => {
  const [hit] = hits({ conditionFields: ['user'], carry: ['namespace'] });
  expect(hit?.values).toEqual({
    'client.address': ['2001:db8::/64'],
    user: ['v', 'u'],
    namespace: ['shop'],
    [FACTS.cluster]: ['prod'],
  });
});

test('a group field that the inner rule has no value of is read from the values of its hits', () => {
  expect(groups({ groupBy: ['namespace', 'user'] })).toEqual([
    ['shop', 'u'],
    ['shop', 'v'],
  ]);
});

test('an alias is the field of that inner rule', () => {
  const more = {
    groupBy: ['who'],
    aliases: { who: { inner: 'user', other: 'x' } },
    conditionFields: ['who'],
  };
  expect(groups(more)).toEqual([['u'], ['v']]);
  expect(hits(more)[0]?.values).toMatchObject({ who: ['v', 'u'] });
});

test.each([
  ['first', [['u']]],
  ['last', [['v']]],
  ['joined', [['u, v']]],
] as const)('several values with multivalue %s, in byte order', (multivalue, expected) => {
  expect(groups({ groupBy: ['user'], group: { ...aRule().group, multivalue } })).toEqual(expected);
});

test('a missing field is null, or drops the hit and is counted', () => {
  expect(groups({ groupBy: ['missing'] })).toEqual([[null]]);
  expect(groups({ groupBy: ['missing'], group: { ...aRule().group, missing: 'drop' } })).toEqual([]);
  expect(counters.of('group_missing_dropped', 'rule')).toBe(1);
});

test('beyond 16 groups the last ones are kept, and the others counted', () => {
  const users = Array.from({ length: 20 }, (_, i) => `u${String(i).padStart(2, '0')}`);
  const many = { ...detection, values: { user: users } };
  const made = chainedHits(aRule({ groupBy: ['user'] }), many, later, counters);
  expect(made).toHaveLength(GROUP_MEMBERS_MAX);
  expect(made.at(-1)?.group).toEqual(['u19']);
  expect(counters.of('group_members_cut')).toBe(4);
});
