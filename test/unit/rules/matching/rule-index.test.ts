import { expect, test } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { atOnce } from '../../../../src/lib/steps.ts';
import type { FieldId } from '../../../../src/model/event.ts';
import type { Preconditions } from '../../../../src/rules/matching/index-preconditions.ts';
import { bitOf, RuleIndex, WORD_BITS } from '../../../../src/rules/matching/rule-index.ts';
import { stubReader } from '../stub-reader.ts';

const guard = (fields: Readonly<Record<string, readonly string[]>>): Preconditions =>
  new Map(Object.entries(fields).map(([field, literals]) => [field, new Set(literals)]));
const plan = compilePlan([
  { path: 'verb', literals: ['get', 'list', 'create'] },
  { path: 'groups', literals: ['a', 'b'] },
]);
const RULES = [
  guard({ verb: ['get', 'list'] }),
  guard({ verb: ['create'], groups: ['a'] }),
  guard({ verb: ['create'], groups: ['b'] }),
  guard({}),
];

/** The candidates among `rules` of events told by indexes of literals, one event after the other. */
function candidates(
  rules: readonly Preconditions[],
  ...events: readonly { readonly verb?: readonly number[]; readonly groups?: readonly number[] }[]
): number[][] {
  const index = atOnce(RuleIndex.making(rules, plan));
  return events.map((values) => {
    const words = index.candidates(stubReader(plan, values));
    return rules.flatMap((_, i) => (words[Math.floor(i / WORD_BITS)]! & bitOf(i) ? [i] : []));
  });
}

test('a rule is a candidate if every field with a precondition has a value that it allows', () => {
  expect(
    candidates(
      RULES,
      { verb: [1], groups: [0] },
      { verb: [2], groups: [0] },
      { verb: [2], groups: [1] },
      { verb: [2] },
    ),
  ).toEqual([[0, 3], [1, 3], [2, 3], [3]]);
});

test('of several values each may be the wanted one, and nothing of the last event remains', () => {
  expect(
    candidates(
      RULES,
      { verb: [2], groups: [-1, 1, 0] },
      { verb: [2], groups: [-1, 0] },
      { verb: [-1, 2], groups: [-1, -1] },
    ),
  ).toEqual([[1, 2, 3], [1, 3], [3]]);
});

test('any other value, and none, leave the rules that the field does not guard', () => {
  expect(candidates(RULES, { verb: [-1] }, {}, { groups: [0] })).toEqual([[3], [3], [3]]);
});

test('rules of every word of bits are found', () => {
  const many = Array.from({ length: 70 }, (_, i) => guard({ verb: [['get', 'list', 'create'][i % 3]!] }));
  const each = (rest: number) => many.flatMap((_, i) => (i % 3 === rest ? [i] : []));
  expect(candidates(many, { verb: [0] }, { verb: [2] }, { verb: [-1] })).toEqual([each(0), each(2), []]);
});

test('fields are asked for only while they can take a rule away', () => {
  const asked: FieldId[] = [];
  const event = stubReader(plan, { verb: [0], groups: [0] });
  atOnce(RuleIndex.making(RULES, plan)).candidates({
    ...event,
    count(field) {
      asked.push(field);
      return event.count(field);
    },
  });
  expect(asked).toEqual([plan.id('verb')]);
});
