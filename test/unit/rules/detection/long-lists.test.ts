import { describe, expect, test } from 'vitest';
import { loadRules } from '../../../../src/rules/assembly/load-rules.ts';
import { askedFields } from '../../../../src/rules/detection/expression.ts';
import { hits } from '../loaded.ts';

const MANY = 300;

const rule = (name: string, item: string) => `title: ${name}
id: 11111111-1111-4111-8111-${String(name.length).padStart(12, '0')}
name: ${name}
logsource: {product: kubernetes, service: audit}
detection: {sel: {${item}}, condition: sel}
`;

function loaded(items: Readonly<Record<string, string>>, last = 'agent-last') {
  const files = Object.entries(items).map(([name, item]) => ({
    path: `${name}.yml`,
    text: rule(name, item),
    ruleset: 'mine',
  }));
  const agents = [...Array.from({ length: MANY }, (_, i) => `agent-${i}`), last];
  const made = loadRules(files, { lists: new Map([['agents', agents]]) });
  if ('problems' in made) throw new Error(made.problems.map(({ message }) => message).join('\n'));
  return made.ruleSet;
}

/** The tests of each rule's only item. */
const testsOf = ({ bases }: ReturnType<typeof loaded>) =>
  bases.map(({ expression }) => [...askedFields(expression)].at(-1)!.tests);

describe('a list that several rules name', () => {
  test('is expanded once for all items that ask the same', () => {
    const [one, other] = testsOf(
      loaded({ a: "userAgent|expand: '%agents%'", ab: "user.username|expand: ['%agents%']" }),
    );
    expect(one).toHaveLength(MANY + 1);
    expect(other).toBe(one);
  });

  test.each([
    ['other modifiers', "userAgent|expand|cased: '%agents%'"],
    ['more values', "userAgent|expand: ['%agents%', kubectl]"],
    ['a value around it', "userAgent|expand: 'my-%agents%'"],
  ])('is not shared with one of %s', (_, item) => {
    const set = loaded({ a: "userAgent|expand: '%agents%'", ab: item });
    const [one, other] = testsOf(set);
    expect(other).not.toEqual(one);
  });

  test('matches in each of them as it would alone', () => {
    const set = loaded({
      a: "userAgent|expand: '%agents%'",
      ab: "userAgent|expand|neq: '%agents%'",
      abc: "userAgent|expand|cased: '%agents%'",
      abcd: "user.username|expand|startswith: '%agents%'",
    });
    const named = (event: Parameters<typeof hits>[1]) => {
      const ids = new Set(hits(set, event));
      return set.bases.filter(({ id }) => ids.has(id)).map(({ document }) => document.head.name);
    };
    expect(named({ userAgent: 'agent-7', user: { username: 'x' } })).toEqual(['a', 'abc']);
    expect(named({ userAgent: 'Agent-Last', user: { username: 'agent-299/y' } })).toEqual(['a', 'abcd']);
    expect(named({ userAgent: 'agent-301', user: { username: 'x' } })).toEqual(['ab']);
  });
});

test.each([
  ['numbers that JSON does not know', '.nan', '.inf'],
  ['a number and its text', '7', "'7'"],
])('%s are two values', (_, one, other) => {
  expect(testsOf(loaded({ a: `userAgent|expand: ${one}`, ab: `userAgent|expand: ${other}` }))[1]).toEqual(
    testsOf(loaded({ a: `userAgent|expand: ${other}` }))[0],
  );
});

test.each([
  ['a list in itself', 'userAgent|expand: &a [*a]', 'wants a text, a number or a boolean, has a list'],
  [
    'null, after a rule with a number that JSON does not know',
    'userAgent|expand: [null]',
    'null cannot be part of a list',
  ],
])('%s is refused', (_, item, why) => {
  expect(() => loaded({ a: 'userAgent|expand: .nan', ab: item })).toThrow(why);
});

test('a set has another hash where a list that only a result filter names has another value', () => {
  const files = [{ path: 'a.yml', text: rule('a', 'verb: get'), ruleset: 'mine' }];
  const hashWith = (value: string) => {
    const made = loadRules(files, {
      lists: new Map([['known', [value]]]),
      resultFilters: { a: { known: { 'user.username|expand': '%known%' }, condition: 'not known' } },
    });
    if ('problems' in made) throw new Error(made.problems.map(({ message }) => message).join('\n'));
    return made.ruleSet.hash;
  };
  expect(hashWith('u2')).not.toBe(hashWith('u1'));
  expect(hashWith('u1')).toBe(hashWith('u1'));
});

test('a rule with a long list has another fingerprint, and its set another hash, where one value differs', () => {
  const items = { a: "userAgent|expand: '%agents%'", ab: 'verb: get' };
  const before = loaded(items);
  const after = loaded(items, 'agent-new');
  const again = loaded(items);
  const prints = (set: typeof before) => set.rules.map(({ fingerprint }) => fingerprint);
  expect(prints(again)).toEqual(prints(before));
  expect(again.hash).toBe(before.hash);
  expect(prints(after)[0]).not.toBe(prints(before)[0]);
  expect(prints(after)[1]).toBe(prints(before)[1]);
  expect(after.hash).not.toBe(before.hash);
});
