import { describe, expect, test } from 'vitest';
import { atOnce } from '../../../../src/lib/steps.ts';
import type { RuleOptions } from '../../../../src/rules/assembly/load-rules.ts';
import { loadingValidRules } from '../../../../src/rules/assembly/valid-rules.ts';

const base = (name: string, detection = '{s: {verb: get}, condition: s}') =>
  `title: ${name}\nname: ${name}\nlogsource: {product: kubernetes, service: audit}\ndetection: ${detection}\n`;
const broken = (name: string) => base(name, '{s: {verb|nonsense: get}, condition: s}');
const counting = (name: string, rules: string, more = '') =>
  `title: ${name}\nname: ${name}\ncorrelation: {type: event_count, rules: [${rules}], timespan: 1h, condition: {gte: 2}${more}}\n`;
const filter = (name: string, rules: string, detection = 's: {verb: get}, condition: not s') =>
  `title: ${name}\nlogsource: {product: kubernetes, service: audit}\nfilter: {rules: ${rules}, ${detection}}\n`;

function load(files: Readonly<Record<string, string>>, options: RuleOptions = {}) {
  const given = Object.entries(files).map(([path, text]) => ({ path, text, ruleset: path }));
  const loaded = atOnce(loadingValidRules(given, options));
  if (!('ruleSet' in loaded)) return { refused: loaded.problems.map(({ where }) => where) };
  const { rules, leftOut, bases } = loaded.ruleSet;
  return {
    rules: rules.filter(({ silent }) => !silent).map(({ title }) => title),
    filters: bases.flatMap(({ filters }) => filters.map(({ head }) => head.title)),
    leftOut: leftOut.map(({ where, message }) => `${where} ${message}`),
  };
}

const A_FAULT = /^a\.yml:4 detection\.s\.verb\|nonsense: "nonsense" is not a modifier/;

describe('rules without those that have an error', () => {
  test('are all rules where none has one', () => {
    expect(load({ 'a.yml': base('a') })).toEqual({ rules: ['a'], filters: [], leftOut: [] });
  });

  test('are the others, also those of the same file', () => {
    expect(load({ 'a.yml': `${broken('a')}---\n${base('b')}`, 'c.yml': base('c') })).toEqual({
      rules: ['b', 'c'],
      filters: [],
      leftOut: [expect.stringMatching(A_FAULT)],
    });
  });

  test('are without the correlations over them, and over these', () => {
    expect(
      load({
        'a.yml': broken('a'),
        'b.yml': base('b'),
        'c.yml': counting('inner', 'a, b', ', generate: true'),
        'd.yml': counting('outer', 'inner'),
        'e.yml': counting('other', 'b'),
      }),
    ).toEqual({
      rules: ['other'],
      filters: [],
      leftOut: [
        expect.stringMatching(A_FAULT),
        'c.yml:3 correlation.rules[0]: a was left out or is not there',
        'd.yml:3 correlation.rules[0]: inner was left out or is not there',
      ],
    });
  });

  test('are without rules that fire only for a correlation which was left out: these would fire for each event', () => {
    const wrong = counting('count', 'a').replace('gte: 2', 'gte: two');
    expect(load({ 'a.yml': base('a'), 'b.yml': base('b'), 'c.yml': wrong })).toMatchObject({
      rules: ['b'],
      leftOut: [
        expect.stringMatching(/^c\.yml:3 correlation\.condition\.gte: /),
        'a.yml:1 fires only for a correlation that was left out',
      ],
    });
    const missing = counting('count', 'a, gone');
    expect(load({ 'a.yml': base('a'), 'b.yml': base('b'), 'c.yml': missing })).toMatchObject({
      rules: ['b'],
      leftOut: [
        expect.stringMatching(/^c\.yml:3 correlation\.rules\[1\]: no rule has the id or name "gone"/),
        'a.yml:1 fires only for a correlation that was left out',
      ],
    });
  });

  test('keep a rule that another correlation counts, or that fires by itself', () => {
    const wrong = (more = '') => counting('wrong', 'a', more).replace('gte: 2', 'gte: two');
    const other = counting('other', 'a');
    expect(load({ 'a.yml': base('a'), 'b.yml': wrong(), 'c.yml': other }).rules).toEqual(['other']);
    expect(load({ 'a.yml': base('a'), 'b.yml': wrong(', generate: true') }).rules).toEqual(['a']);
  });

  test('are without the filters for them alone; a filter with an error is left out, and its rule stays', () => {
    expect(
      load({
        'a.yml': broken('a'),
        'b.yml': base('b'),
        'c.yml': filter('for a', '[a]'),
        'd.yml': filter('for both', '[a, b]'),
        'e.yml': filter('wrong', '[b]', 's: {verb|nonsense: get}, condition: not s'),
      }),
    ).toEqual({
      rules: ['b'],
      filters: ['for both'],
      leftOut: [
        expect.stringMatching(A_FAULT),
        expect.stringMatching(/^e\.yml:3 filter\.s\.verb\|nonsense/),
        'c.yml:3 filter.rules: a was left out or is not there',
      ],
    });
  });

  test('are without a file that is not YAML, whole, and without what refers to it', () => {
    expect(
      load({
        'a.yml': `${base('a')}---\n{ : ]\n`,
        'b.yml': base('b'),
        'c.yml': counting('c', 'a'),
      }),
    ).toMatchObject({
      rules: ['b'],
      leftOut: [
        expect.stringMatching(/^a\.yml:\d not YAML/),
        'c.yml:3 correlation.rules[0]: a was left out or is not there',
      ],
    });
  });

  test('are without the second rule of one name', () => {
    expect(load({ 'a.yml': base('a'), 'b.yml': base('a').replace('title: a', 'title: b') })).toMatchObject({
      rules: ['a'],
      leftOut: ['b.yml:2 name: the name a is taken by a.yml:1'],
    });
  });

  test('are without those whose list is unknown: an empty list would mean something else', () => {
    const listed = base('a', '{s: {verb|expand: "%verbs%"}, condition: s}');
    expect(load({ 'a.yml': listed, 'b.yml': base('b') }, { incomplete: true })).toMatchObject({
      rules: ['b'],
      leftOut: [expect.stringMatching(/^a\.yml:4 .*verbs/)],
    });
  });

  test('may be none', () => {
    expect(load({ 'a.yml': broken('a') }).rules).toEqual([]);
  });
});

test('settings for a rule that was left out are no error', () => {
  const options = {
    overrides: [{ rule: 'a', level: 'low' }],
    resultFilters: { a: { s: { count: 1 }, condition: 'not s' } },
  };
  expect(load({ 'a.yml': broken('a'), 'b.yml': base('b') }, options).rules).toEqual(['b']);
});

test('an error in a setting is a refusal', () => {
  expect(
    load({ 'a.yml': broken('a'), 'b.yml': base('b') }, { overrides: [{ rule: 'b', threshold: 3 }] }),
  ).toEqual({ refused: ['rules.overrides[0].threshold'] });
});
