import { describe, expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { good, hits, problems, rule, warnings } from './loaded.ts';

const BASE = rule('detection:\n  s: {verb: get}\n  condition: s\nlevel: low\n');
const BASE_ID = '11111111-1111-4111-8111-111111111111';

/** A correlation by name, in flow style: line 2 is its block, what follows is `rest`. */
function counting(name: string, rules: string, block = '', rest = ''): string {
  const text = `type: event_count, rules: [${rules}], timespan: 10m, condition: {gte: 2}`;
  return `{title: ${name}, id: id-${name}, name: ${name}, level: low,
correlation: {${text}${block && `, ${block}`}}${rest && `,\n${rest}`}}`;
}

const byId = (rules: readonly Rule[]) => Object.fromEntries(rules.map((found) => [found.id, found]));
const state = (files: readonly string[]) =>
  good(files).rules.map(({ id, silent }) => `${id}${silent ? ' (silent)' : ''}`);

describe('a correlation that others count', () => {
  test('is there for them, and silent; those it counts are found in either order and by id', () => {
    const files = [counting('outer', 'inner'), counting('inner', 'test_rule'), BASE];
    const { rules } = good(files);
    expect(rules).toMatchObject([
      { id: 'id-outer', inputs: ['id-inner'], silent: false },
      { id: 'id-inner', inputs: [BASE_ID], silent: true },
    ]);
    expect(good([counting('outer', 'id-inner'), ...files.slice(1)]).rules).toEqual(rules);
    expect(hits(good(files), { verb: 'get' })).toEqual([BASE_ID]);
  });

  test.each([
    ['the block', counting('outer', 'inner', 'generate: true')],
    ['the document', counting('outer', 'inner', '', 'generate: true')],
  ])('fires too where one of them says generate in %s', (_, outer) => {
    const other = counting('other', 'inner');
    expect(state([outer, other, counting('inner', 'test_rule'), BASE])).toEqual([
      'id-outer',
      'id-other',
      'id-inner',
    ]);
  });

  test('does not fire because it says generate itself: that is about what it counts', () => {
    expect(
      state([counting('outer', 'inner'), counting('inner', 'test_rule', 'generate: true'), BASE]),
    ).toEqual(['id-outer', 'id-inner (silent)', BASE_ID]);
  });

  test('and a base rule can be counted by one, by two of a chain, and fire by itself', () => {
    const outer = counting('outer', 'inner, test_rule', 'generate: true');
    const found = good([outer, counting('inner', 'test_rule'), BASE]).rules;
    expect(found.map(({ id, kind, inputs }) => [id, kind, inputs])).toEqual([
      ['id-outer', 'event_count', ['id-inner', BASE_ID]],
      ['id-inner', 'event_count', [BASE_ID]],
      [BASE_ID, 'match', [BASE_ID]],
    ]);
  });

  test('is warned of what only a rule that fires can use', () => {
    const rest = 'sidewatch: {quiet: 5m, group: {missing: drop}, risk: {score: 5}, rename: {verb: v}}';
    const files = [counting('outer', 'inner'), counting('inner', 'test_rule', '', rest), BASE];
    const why = 'has no effect: a correlation counts this rule, so it does not fire';
    expect(warnings(files)).toEqual([`a1.yml:3 sidewatch.risk: ${why}`, `a1.yml:3 sidewatch.rename: ${why}`]);
    expect(warnings([counting('outer', 'inner', 'generate: true'), ...files.slice(1)])).toEqual([]);
  });
});

test('a result filter of a rule that fires for others alone is refused', () => {
  const files = [counting('outer', 'inner'), counting('inner', 'test_rule'), BASE];
  const filter = { s: { 'user.username': 'ci' }, condition: 'not s' };
  expect(problems(files, { inner: filter })).toEqual([
    'rules.result_filters.inner this rule does not fire by itself; filter the correlation that counts it',
  ]);
  expect(problems(files, { outer: filter })).toEqual([]);
});

describe('a circle is refused where it closes, with the way around it:', () => {
  test.each([
    ['a rule that counts itself', ['a: a'], ['a.yml:2 correlation.rules[0]: counts itself: a -> a']],
    ['two', ['a: b', 'b: a'], ['a1.yml:2 correlation.rules[0]: counts itself: a -> b -> a']],
    [
      'three, below a rule that is not in it',
      ['x: a', 'a: test_rule, b', 'b: c', 'c: test_rule, a'],
      ['a3.yml:2 correlation.rules[1]: counts itself: a -> b -> c -> a'],
    ],
    [
      'two circles, each once',
      ['a: b', 'b: a', 'x: x, test_rule', 'y: a'],
      [
        'a1.yml:2 correlation.rules[0]: counts itself: a -> b -> a',
        'a2.yml:2 correlation.rules[0]: counts itself: x -> x',
      ],
    ],
  ])('%s', (_, files, expected) => {
    const texts = files.map((text) => {
      const [name, rules] = text.split(': ');
      return counting(name!, rules!);
    });
    expect(problems([...texts, BASE])).toEqual(expected);
  });

  test('but a rule may be counted in two ways', () => {
    const files = ['top: left, right', 'left: bottom', 'right: bottom', 'bottom: test_rule'].map((text) =>
      counting(...(text.split(': ') as [string, string])),
    );
    expect(good([...files, BASE]).rules).toHaveLength(4);
  });
});

test('a broken rule is reported once, and not for the correlations that count it or name it in their aliases', () => {
  const aliases = 'group-by: [who], aliases: {who: {inner: verb, test_rule: verb}}';
  const broken = counting('inner', 'test_rule').replace('gte: 2', 'gte: x');
  expect(problems([counting('outer', 'inner, test_rule', aliases), broken, BASE])).toEqual([
    'a1.yml:2 correlation.condition.gte: wants a whole number of at least 1, has "x"',
  ]);
});

describe('a correlation carries for those that count it', () => {
  const carried = (files: readonly string[]) =>
    Object.fromEntries(
      Object.entries(byId(good([...files, BASE]).rules)).map(([id, { carry }]) => [id, carry]),
    );

  test('fields that they group by, count, collect and show, except those of its own group', () => {
    const outer = `{title: O, id: id-outer, level: low,
correlation: {type: value_count, rules: [inner], timespan: 1h, group-by: [verb, userAgent],
 condition: {field: [objectRef.name, stage], gt: 1}},
sidewatch: {rename: {user.username: who}, risk: {message: $who$ at $level$, collect: [requestURI],
 objects: [{field: client.address, type: system}], threats: [{field: kind, type: x}]}}}`;
    expect(carried([outer, counting('inner', 'test_rule', 'group-by: [userAgent, auditID]')])).toEqual({
      'id-outer': [],
      'id-inner': [
        ...[
          'client.address',
          'kind',
          'level',
          'objectRef.name',
          'requestURI',
          'stage',
          'user.username',
          'verb',
        ],
      ],
    });
  });

  test('through every step of a chain, though the one between groups by it itself', () => {
    const files = [
      counting('top', 'mid', 'group-by: [userAgent]'),
      counting('mid', 'low', 'group-by: [verb]'),
      counting('low', 'test_rule', 'group-by: [stage]'),
    ];
    expect(carried(files)).toEqual({
      'id-top': [],
      'id-mid': ['userAgent'],
      'id-low': ['userAgent', 'verb'],
    });
  });

  test('by the name that an alias has in each', () => {
    const files = [
      counting('top', 'left, right', 'group-by: [who], aliases: {who: {left: user.username, right: by}}'),
      counting('left', 'test_rule'),
      counting('right', 'low', 'group-by: [verb], aliases: {by: {low: impersonatedUser.username}}'),
      counting('low', 'test_rule'),
    ];
    expect(carried(files)).toEqual({
      'id-top': [],
      'id-left': ['user.username'],
      'id-right': ['by'],
      'id-low': ['impersonatedUser.username', 'verb'],
    });
  });

  test('for all that count it, each field once', () => {
    const files = [
      counting('one', 'inner', 'group-by: [verb, stage]'),
      counting('two', 'inner', 'group-by: [stage, level]'),
      counting('inner', 'test_rule'),
    ];
    expect(carried(files)['id-inner']).toEqual(['level', 'stage', 'verb']);
  });

  test('without a warning for a name that only the inner one knows', () => {
    const inner = counting(
      'inner',
      'test_rule',
      'group-by: [who], aliases: {who: {test_rule: user.username}}',
    );
    expect(warnings([counting('outer', 'inner', 'group-by: [who]'), inner, BASE])).toEqual([]);
    const mid = counting('mid', 'inner');
    expect(warnings([counting('outer', 'mid', 'group-by: [who]'), mid, inner, BASE])).toEqual([]);
  });
});

describe('the fingerprint of a correlation changes', () => {
  const print = (name: string, ...files: string[]) =>
    byId(good([...files, BASE]).rules)[`id-${name}`]!.fingerprint;
  const outer = counting('outer', 'inner');
  const inner = counting('inner', 'test_rule');

  test('with the rules that it counts, at every depth', () => {
    const top = counting('top', 'outer');
    const changed = inner.replace('10m', '11m');
    expect(print('top', top, outer, changed)).not.toBe(print('top', top, outer, inner));
    expect(
      byId(good([top, outer, inner, BASE.replace('get', 'list')]).rules)['id-top']!.fingerprint,
    ).not.toBe(print('top', top, outer, inner));
  });

  test('with what it carries for others, since its hits held less before', () => {
    const grouped = counting('outer', 'inner', 'group-by: [verb]');
    expect(print('inner', grouped, inner)).not.toBe(print('inner', outer, inner));
  });

  test('but not with being silent', () => {
    expect(print('inner', outer, inner)).toBe(print('inner', inner));
  });
});

describe('what fires late is waited for', () => {
  const latenessOf = (outer: string, ...inner: string[]) =>
    byId(good([outer, ...inner, BASE]).rules)['id-outer']!.window.lateness;
  const outer = counting('outer', 'inner, test_rule');
  const inner = (rest: string) => counting('inner', 'test_rule', '', rest);

  test.each([
    ['fires at once', 'description: x', 10],
    ['waits for its bucket', 'sidewatch: {emit: close, quiet: 5m}', 25],
    ['is tumbling', 'sidewatch: {window: {kind: tumbling, lateness: 3m}}', 23],
  ])('by default, where an inner rule %s', (_, rest, expected) => {
    expect(latenessOf(outer, inner(rest))).toBe(minutes(expected));
  });

  test('where a late hit can revoke what the inner rule found', () => {
    expect(latenessOf(outer, inner('description: x').replace('gte: 2', 'lt: 2'))).toBe(minutes(20));
  });

  test('through a rule between that fires at once', () => {
    const mid = counting('mid', 'inner');
    expect(latenessOf(counting('outer', 'mid'), mid, inner('sidewatch: {window: {kind: tumbling}}'))).toBe(
      minutes(30),
    );
  });

  test('and a shorter lateness brings a warning', () => {
    const short = (lateness: string) =>
      warnings([
        counting('outer', 'inner', '', `sidewatch: {window: {lateness: ${lateness}}}`),
        inner('sidewatch: {window: {kind: tumbling}}'),
        BASE,
      ]);
    expect(short('19m')).toEqual([
      'a.yml:3 sidewatch.window.lateness: is too short: the rules that it counts fire up to 20m after their events',
    ]);
    expect(short('20m')).toEqual([]);
  });
});
