import { describe, expect, test } from 'vitest';
import { good, hits, problems, rule, warnings } from './loaded.ts';

const BASE = rule('detection:\n  s: {verb: get}\n  condition: s\n');
const ID = '11111111-1111-4111-8111-111111111111';

function filter(rules: string, condition = 'not known', logsource = '{product: kubernetes, service: audit}') {
  return `title: Known
logsource: ${logsource}
filter:
  rules: ${rules}
  known: {sourceIPs|cidr: 192.0.2.0/24}
  condition: ${condition}
`;
}

const known = { verb: 'get', sourceIPs: ['192.0.2.1'] };
const stranger = { verb: 'get', sourceIPs: ['198.51.100.1'] };

describe('a filter', () => {
  test.each([['[test_rule]'], [`[${ID}]`], ['any'], ['[]']])('of %s takes out what it knows', (rules) => {
    const ruleSet = good([BASE, filter(rules)]);
    expect(hits(ruleSet, known)).toEqual([]);
    expect(hits(ruleSet, stranger)).toEqual([ID]);
    expect(ruleSet.warnings).toEqual([]);
  });

  test('is joined word for word: without not it lets only the known through, and warns', () => {
    const files = [BASE, filter('[test_rule]', 'known')];
    expect(hits(good(files), known)).toEqual([ID]);
    expect(hits(good(files), stranger)).toEqual([]);
    expect(warnings(files)).toEqual([
      'a1.yml:6 filter.condition: the filter lets only matching events through; most filters need "not"',
    ]);
  });

  test('joins others of the same rule', () => {
    const other = filter('[test_rule]')
      .replace('title: Known', 'title: More')
      .replace('192.0.2', '198.51.100');
    expect(hits(good([BASE, filter('any'), other]), stranger)).toEqual([]);
    expect(hits(good([BASE, filter('any'), other]), { verb: 'get', sourceIPs: ['203.0.113.9'] })).toEqual([
      ID,
    ]);
  });

  test('leaves rules alone that it does not name', () => {
    const other = BASE.replace(ID, 'other').replace('name: test_rule', 'name: other_rule');
    expect(hits(good([BASE, other, filter('[other_rule]')]), known)).toEqual([ID]);
  });

  test('of any rule leaves those alone whose logsource does not have all of its', () => {
    const narrow = filter('any', 'not known', '{category: application, product: kubernetes, service: audit}');
    expect(hits(good([BASE, narrow]), known)).toEqual([ID]);
    const full = BASE.replace('{product', '{category: application, product');
    expect(hits(good([full, narrow]), known)).toEqual([]);
  });

  test('that names such a rule warns', () => {
    expect(warnings([BASE, filter('[test_rule]', 'not known', '{category: application}')])).toEqual([
      "a1.yml:4 filter.rules[0]: does not apply to test_rule: the filter's logsource (category: application) is narrower than the rule's (product: kubernetes, service: audit)",
    ]);
  });

  test.each(['test_rule', '[test_rule]', 'Any'])('names its rules as %s', (rules) => {
    expect(hits(good([BASE, filter(rules)]), known)).toEqual([]);
  });

  test('does its work for the rules that are there; those that are not are a warning', () => {
    const texts = [BASE, filter('[other, test_rul, test_rule]')];
    expect(hits(good(texts), known)).toEqual([]);
    expect(warnings(texts)).toEqual([
      'a1.yml:4 filter.rules[0]: nothing is filtered here: no rule has the id or name "other"',
      'a1.yml:4 filter.rules[1]: nothing is filtered here: no rule has the id or name "test_rul"; did you mean "test_rule"?',
    ]);
  });

  test('counts for what a correlation counts', () => {
    const many =
      'title: Many\nid: many\ncorrelation: {type: event_count, rules: [test_rule], timespan: 1h, condition: {gte: 2}}\n';
    const ruleSet = good([BASE, many, filter('[test_rule]')]);
    expect(ruleSet.rules.map(({ id }) => id)).toEqual(['many']);
    expect(hits(ruleSet, known)).toEqual([]);
  });
});

describe('is refused: a filter', () => {
  const MANY =
    'title: Many\nname: many\ncorrelation: {type: event_count, rules: [test_rule], timespan: 1h, condition: {gte: 2}}\n';

  test.each([
    [
      'of a correlation',
      filter('[many]'),
      'a.yml:4 filter.rules[0]: many is a correlation; filter the rules that it counts: test_rule',
    ],
    [
      'without rules',
      filter('any').replace(/ {2}rules.*\n/, ''),
      'a.yml:3 filter.rules: is missing; wants ids or names of rules, or any',
    ],
    [
      'with a sidewatch block',
      `${filter('any')}sidewatch: {}\n`,
      'a.yml:7 sidewatch: cannot be set in a filter',
    ],
    ['with an unknown selection', filter('any', 'not x'), 'a.yml:6 filter.condition: "x" is no selection'],
  ])('%s', (_, text, message) => {
    expect(problems([text, BASE, MANY])).toEqual([message]);
  });

  test('that is no map', () => {
    expect(problems('title: F\nlogsource: {}\nfilter: x\n')).toEqual([
      'a.yml:3 filter: wants a map of selections and a condition, has "x"',
      'a.yml:3 filter.rules: is missing; wants ids or names of rules, or any',
    ]);
  });
});
