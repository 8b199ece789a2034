import { expect, test } from 'vitest';
import { faultsWith, goodWith, lines } from './tuned.ts';

const OURS = `title: Ours
id: 11111111-1111-4111-8111-111111111111
name: ours
level: low
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: get}, condition: s}
`;
const other = (logsource: string, detection = '{s: {verb: get}, condition: s}', more = '') => `title: Other
id: 22222222-2222-4222-8222-222222222222
name: other
level: low
logsource: ${logsource}
detection: ${detection}
${more}`;
const WINDOWS = '{product: windows, service: security}';

test.each([
  [WINDOWS, 'is about other logs (product: windows, service: security)'],
  ['{product: kubernetes}', 'is about other logs (product: kubernetes)'],
  ['{category: application, product: kubernetes, service: audit, x: y}', 'is about other logs'],
  ['{category: process_creation, product: kubernetes, service: audit}', 'is about other logs'],
  ['{}', 'is about other logs (no attributes)'],
])('a rule of the logsource %s is read and off; the others run', (logsource, why) => {
  const { rules, bases, off } = goodWith({ 'a.yml': OURS, 'b.yml': other(logsource) });
  expect(rules.map(({ title }) => title)).toEqual(['Ours']);
  expect(bases).toHaveLength(1);
  expect(off).toEqual([
    {
      id: '22222222-2222-4222-8222-222222222222',
      name: 'other',
      title: 'Other',
      source: 'b.yml:1',
      why: expect.stringContaining(why),
    },
  ]);
});

test('faults in its detection are shown by rules check, and the other rules load', () => {
  const broken = '{s: {verb|nonsense: get}, condition: t}';
  const { rules, lints, warnings } = goodWith({ 'a.yml': OURS, 'b.yml': other(WINDOWS, broken) });
  expect(rules).toHaveLength(1);
  expect(lines(lints)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('"nonsense" is not a modifier'),
      expect.stringContaining('b.yml:5 logsource: is about other logs'),
    ]),
  );
  expect(lines(warnings)).toEqual([
    'b.yml:1 is a rule about other logs, which is off; rules check shows the reason',
  ]);
});

test('what it is called and how its file is written is still checked', () => {
  expect(
    faultsWith({ 'a.yml': OURS, 'b.yml': other(WINDOWS).replace('title: Other', 'title: [1]') }),
  ).toEqual([expect.stringContaining('b.yml:1 title: wants text')]);
});

test('one that was meant for these logs is warned of by itself', () => {
  const { warnings } = goodWith({ 'a.yml': OURS, 'b.yml': other('{product: kuberntes, service: audit}') });
  expect(lines(warnings)).toContainEqual(expect.stringContaining('b.yml:5 logsource: is about other logs'));
});

test('a correlation that counts nothing else is off with it, and no override turns it on', () => {
  const counting = `title: Counting
id: 33333333-3333-4333-8333-333333333333
level: low
correlation: {type: event_count, rules: [other], timespan: 5m, condition: {gte: 2}}
`;
  const { rules, off } = goodWith(
    { 'a.yml': OURS, 'b.yml': other(WINDOWS), 'c.yml': counting },
    { overrides: [{ rule: 'other', enabled: true }] },
  );
  expect(rules.map(({ title }) => title)).toEqual(['Ours']);
  expect(off.map(({ title, why }) => [title, why])).toEqual([
    ['Other', expect.stringContaining('is about other logs')],
    ['Counting', 'it counts "Other", which is off'],
  ]);
});
