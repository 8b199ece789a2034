import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import type { Matcher } from '../../src/model/rule.ts';
import {
  type Expression,
  foldCase,
  QUANTIFIERS,
  SELF,
  type TextTest,
} from '../../src/rules/detection/expression.ts';
import { containing, parsePattern, startingWith } from '../../src/rules/detection/pattern.ts';
import { compileMatcher, fieldNeeds } from '../../src/rules/matching/matcher.ts';
import { request } from '../support/events.ts';
import { compilePlainMatcher } from '../support/plain-matcher.ts';
import { runs } from '../support/property.ts';
import { derivedAs } from '../unit/rules/loaded.ts';

// More fields than are indexed, so that some preconditions are not looked up.
const PLAIN = [
  'verb',
  'user.groups',
  'responseStatus.code',
  'sourceIPs',
  'userAgent',
  'objectRef.subresource',
  'a',
  'b',
  'c',
  'd',
];
const DERIVED = 'client.geo.country.name';

const word = fc.constantFrom('get', 'GET', 'Get', 'list', '403', '4.5', 'true', '', 'ΣΑΣ', 'x y');
const textTest: fc.Arbitrary<TextTest> = fc.oneof(
  { weight: 6, arbitrary: word.map((text) => ({ kind: 'equal', text: foldCase(text) }) as const) },
  { weight: 2, arbitrary: word.map((text) => ({ kind: 'cased-equal', text }) as const) },
  fc.constantFrom(4, 403).map((value) => ({ kind: 'compare', op: 'gte', value }) as const),
  word.map((text) => ({ kind: 'pattern', pattern: containing(parsePattern(foldCase(text))) }) as const),
  word.map((text) => ({ kind: 'pattern', pattern: startingWith(parsePattern(foldCase(text))) }) as const),
  fc.constantFrom('^g', '4', 't$').map((source) => ({ kind: 'regex', source, flags: 0 }) as const),
  fc.constant({ kind: 'cidr', network: '10.0.0.0/8' } as const),
);
const field = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PLAIN) }, fc.constant(DERIVED));

const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const of = fc.array(tie('expression'), { maxLength: 4 });
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('field'),
          field,
          any: fc.array(textTest, { maxLength: 4 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('null'), field }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('exists'), field }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('keyword'), any: fc.array(textTest, { maxLength: 2 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('members'),
          field: fc.constantFrom(...PLAIN),
          quantifier: fc.constantFrom(...QUANTIFIERS),
          of: fc.record({
            kind: fc.constantFrom('all', 'any'),
            of: fc.array(
              fc.record({
                kind: fc.constant('field'),
                field: fc.constantFrom(SELF, 'inner'),
                any: fc.array(textTest, { maxLength: 3 }),
              }),
              { maxLength: 2 },
            ),
          }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('all'), of }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('any'), of }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('not'), of: tie('expression') }) },
    ) as fc.Arbitrary<Expression>,
  };
});
// Enough of them to fill more than one word of bits.
const rules = fc
  .array(expression, { maxLength: 40 })
  .map((few) => [...few, ...few].map((one, i) => ({ id: String(i), expression: one })));

const leaf = fc.oneof(word, fc.constantFrom(403, 4.5, true, null, '10.1.2.3'));
const value = fc.oneof(
  { weight: 4, arbitrary: leaf },
  fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })), { maxLength: 4 }),
  fc.constant({ inner: 'get' }),
);
/** Fields that an event lacks are absent. */
const event = fc
  .tuple(
    fc.dictionary(fc.constantFrom('verb', 'sourceIPs', 'userAgent', 'a', 'b', 'c', 'd'), value, {
      maxKeys: 7,
    }),
    fc.record({ groups: value }, { requiredKeys: [] }),
    fc.record({ code: value }, { requiredKeys: [] }),
  )
  .map(([more, user, responseStatus]) => ({ ...more, user, responseStatus }));
const place = fc.array(fc.oneof(word, fc.constant(undefined)), { maxLength: 1 });

function hitsOf(
  matcher: Matcher,
  plan: ReturnType<typeof compilePlan>,
  events: readonly (object | string)[],
  places: readonly (string | undefined)[],
  reading = read,
): string[] {
  const derived = derivedAs({ [DERIVED]: places });
  const hits: string[] = [];
  for (const [i, one] of events.entries()) {
    const line = typeof one === 'string' ? one : JSON.stringify({ ...one, auditID: 'a', stage: 'Panic' });
    const report = reading(request(line, 'line'), plan, (reader) =>
      matcher.match(reader, derived, (id) => hits.push(`${i}: ${id}`)),
    );
    if (!('events' in report) || report.events !== 1) throw new Error(`not one event: ${line}`);
  }
  return hits;
}

test('the indexed matcher finds what the plain one finds, in the same order', () => {
  let hits = 0;
  fc.assert(
    fc.property(
      rules,
      fc.array(event, { minLength: 1, maxLength: 3 }),
      place,
      fc.nat(9),
      fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
      (bases, events, places, indexFields, order) => {
        const plan = compilePlan(fieldNeeds(bases));
        // Answers of values that came before are remembered.
        const repeated = order.map((i) => events[i % events.length]!);
        const expected = hitsOf(compilePlainMatcher(bases, plan), plan, repeated, places);
        const found = hitsOf(compileMatcher(bases, plan, indexFields), plan, repeated, places);
        expect(found).toEqual(expected);
        hits += expected.length;
      },
    ),
    runs(600),
  );
  expect(hits).toBeGreaterThan(1000);
});

/** Members as JSON text: keys may come twice, and have dots. */
const members = (keys: readonly string[], of: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...keys), of), { maxLength: 6 })
    .map((all) => all.map(([key, one]) => `,"${key}":${one}`).join(''));
const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`);
const rawLeaf = fc.constantFrom(
  ...['"get"', '"GET"', '"\\u0067et"', '"\\u212aet"', '"x\\u0020y"', '"403"', '403', '4.03e2', '4.5', 'true'],
  ...['null', '""', '{}', '{"inner":"get"}', '{"inner":"list","inner":"get"}', '"10.1.2.3"'],
);
const rawValue = fc.oneof({ weight: 4, arbitrary: rawLeaf }, list(fc.oneof(rawLeaf, list(rawLeaf))));
const rawObject = members(['groups', 'code', 'subresource', 'inner'], rawValue).map(
  (text) => `{${text.slice(1)}}`,
);
const rawEvent = members(
  ['verb', 'user', 'user.groups', 'responseStatus', 'objectRef', 'sourceIPs', 'userAgent', 'a'],
  fc.oneof({ weight: 4, arbitrary: rawValue }, { weight: 4, arbitrary: rawObject }, list(rawObject)),
).map((text) => `{"auditID":"a","stage":"Panic"${text}}`);

/** Each asks one thing of one field. */
const oneEach = [...PLAIN, DERIVED].flatMap((field) =>
  [
    { kind: 'field', field, any: [{ kind: 'equal', text: 'get' }] } as const,
    { kind: 'field', field, any: [{ kind: 'compare', op: 'gte', value: 403 }] } as const,
    { kind: 'field', field, any: [{ kind: 'pattern', pattern: startingWith(parsePattern('g')) }] } as const,
    { kind: 'null', field } as const,
    { kind: 'exists', field } as const,
  ].map((expression, i) => ({ id: `${field} ${i}`, expression })),
);

test('no event gets the remembered answers of another one, whatever its JSON looks like', () => {
  const plan = compilePlan(fieldNeeds(oneEach));
  fc.assert(
    fc.property(fc.array(rawEvent, { minLength: 1, maxLength: 4 }), place, (events, places) => {
      // Others of the same sizes beside them. A value has its row when it comes the third time.
      const twins = events.flatMap((one) => [one, one.replace('get', 'net'), one.replace('403', '302')]);
      const repeated = Array.from({ length: 4 }, () => twins).flat();
      const expected = hitsOf(compilePlainMatcher(oneEach, plan), plan, repeated, places, readPlainly);
      // A plan of its own: readers of one plan keep the answers of one matcher.
      const own = compilePlan(fieldNeeds(oneEach));
      expect(hitsOf(compileMatcher(oneEach, own), own, repeated, places)).toEqual(expected);
    }),
    runs(300),
  );
});

test('values that only together satisfy a field asked twice are a match', () => {
  const equal = (...texts: string[]): Expression => ({
    kind: 'field',
    field: 'user.groups',
    any: texts.map((text) => ({ kind: 'equal', text })),
  });
  const bases = [{ id: 'both', expression: { kind: 'all', of: [equal('a'), equal('b', 'c')] } as const }];
  const plan = compilePlan(fieldNeeds(bases));
  const events = [{ user: { groups: ['B', 'x', 'A'] } }, { user: { groups: ['a', 'x'] } }];
  expect(hitsOf(compileMatcher(bases, plan), plan, events, [])).toEqual(['0: both']);
});
