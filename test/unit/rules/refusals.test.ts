import { describe, expect, test } from 'vitest';
import { BODY, problems, rule } from './loaded.ts';

const item = (text: string) => rule(`detection:\n  s:\n    ${text}\n  condition: s\n`);
const correlation = (block: string, rest = '') =>
  `title: C\nid: c\ncorrelation:\n${block.replaceAll(/^/gm, '  ')}\n${rest}---\n${rule('detection:\n  s: {verb: get}\n  condition: s\n')}`;
const count = (condition: string) =>
  correlation(`type: event_count\nrules: [test_rule]\ntimespan: 1h\ncondition: ${condition}`);

describe('what Sigma has and this release has not is refused by name and line', () => {
  test.each(
    `base64 base64offset cased day exists expand fieldref gt gte hour lt lte minute month neq utf16 utf16be utf16le week
    wide windash year`
      .split(/\s+/)
      .map((modifier) => [modifier]),
  )('the modifier %s', (modifier) => {
    expect(problems(item(`f|${modifier}: x`))).toEqual([
      `a.yml:${BODY + 2} detection.s.f|${modifier}: not supported yet: the modifier ${modifier}`,
    ]);
  });

  test.each([
    ['keywords in a list', 'detection:\n  s: [a, b]\n  condition: s\n', 'detection.s', 1, 'keywords'],
    ['a keyword alone', 'detection:\n  s: a\n  condition: s\n', 'detection.s', 1, 'keywords'],
    [
      'keywords linked by all',
      "detection:\n  s:\n    '|all': [a, b]\n  condition: s\n",
      'detection.s.|all',
      2,
      'keywords',
    ],
    [
      'array blocks',
      'detection:\n  s:\n    f[any]: {a: b}\n  condition: s\n',
      'detection.s.f[any]',
      2,
      'array blocks (f[any])',
    ],
    [
      'timeframe',
      'detection:\n  s: {verb: get}\n  condition: s\n  timeframe: 5m\n',
      'detection.timeframe',
      3,
      'timeframe',
    ],
    [
      'pipes',
      'detection:\n  s: {verb: get}\n  condition: s | count() > 3\n',
      'detection.condition',
      2,
      'aggregation after |; write a correlation rule',
    ],
    [
      're with contains',
      "detection:\n  s:\n    f|re|contains: 'x'\n  condition: s\n",
      'detection.s.f|re|contains',
      2,
      're|contains together',
    ],
    ['action', 'action: global\n', 'action', 0, 'action (multi-document rules)'],
  ])('%s', (_, body, path, line, thing) => {
    expect(problems(rule(body))).toEqual([`a.yml:${BODY + line} ${path}: not supported yet: ${thing}`]);
  });

  test.each([
    ['value_count'],
    ['temporal'],
    ['temporal_ordered'],
    ['value_sum'],
    ['value_avg'],
    ['value_percentile'],
    ['value_median'],
  ])('correlations of type %s', (type) => {
    expect(
      problems(correlation(`type: ${type}\nrules: [test_rule]\ntimespan: 1h\ncondition: {gte: 1}`)),
    ).toEqual([`a.yml:4 correlation.type: not supported yet: correlations of type ${type}`]);
  });

  test.each([
    ['{lt: 5}', 'correlation.condition.lt', 'the condition lt'],
    ['{lte: 5}', 'correlation.condition.lte', 'the condition lte'],
    ['{eq: 5}', 'correlation.condition.eq', 'the condition eq'],
    ['{neq: 5}', 'correlation.condition.neq', 'the condition neq'],
    ['{gte: 5, lte: 9}', 'correlation.condition.lte', 'the condition lte'],
    ['{gt: 5, gte: 9}', 'correlation.condition', 'conditions that are a range'],
    ['a and b', 'correlation.condition', 'conditions written as text'],
  ])('the condition %s', (condition, path, thing) => {
    expect(problems(count(condition))).toEqual([`a.yml:7 ${path}: not supported yet: ${thing}`]);
  });

  test('aliases', () => {
    const text = correlation(
      'type: event_count\nrules: [test_rule]\ntimespan: 1h\ncondition: {gte: 1}\naliases: {a: {b: c}}',
    );
    expect(problems(text)).toEqual(['a.yml:8 correlation.aliases: not supported yet: aliases']);
  });

  test('correlations of correlations', () => {
    const outer = `title: Outer
correlation: {type: event_count, rules: [inner], timespan: 1h, condition: {gte: 2}}
---
title: Inner
name: inner
correlation: {type: event_count, rules: [test_rule], timespan: 1h, condition: {gte: 2}}
---
${rule('detection:\n  s: {verb: get}\n  condition: s\n')}`;
    expect(problems(outer)).toEqual([
      'a.yml:2 correlation.rules[0]: not supported yet: correlations of correlations (inner)',
    ]);
  });
});

describe('what is wrong is refused by name and line', () => {
  test.each([
    ['f|contians: x', 'f|contians: "contians" is not a modifier; did you mean "contains"?'],
    ['f|contains|re: x', 'f|contains|re: re must be the first modifier'],
    ['f|i: x', 'f|i: i goes with re only'],
    ['f|contains: null', 'f|contains: null goes with no modifier'],
    ['f: []', 'f: wants at least one value'],
    ['f: {a: b}', 'f: wants a text, a number or a boolean, has {"a":"b"}'],
    ['f|cidr: somewhere', 'f|cidr: wants a network in CIDR form, has "somewhere"'],
  ])('%s', (text, message) => {
    expect(problems(item(text))).toEqual([`a.yml:${BODY + 2} detection.s.${message}`]);
  });

  test('a look-ahead, which no matcher without backtracking has', () => {
    expect(problems(item("f|re: 'a(?=b)'"))).toEqual([
      expect.stringContaining(`a.yml:${BODY + 2} detection.s.f|re: `),
    ]);
  });

  test.each([
    ['{product: windows, service: security}', 'is about other logs (product: windows, service: security)'],
    ['{product: kubernetes}', 'is about other logs (product: kubernetes)'],
    ['{category: application, product: kubernetes, service: audit, x: y}', 'is about other logs'],
    ['{category: process_creation, product: kubernetes, service: audit}', 'is about other logs'],
    ['{}', 'is about other logs (nothing named)'],
    ['kubernetes', 'wants a map of attributes, has "kubernetes"'],
  ])('the logsource %s', (logsource, message) => {
    const found = problems(
      `title: T\nlogsource: ${logsource}\ndetection:\n  s: {verb: get}\n  condition: s\n`,
    );
    expect(found).toEqual([expect.stringContaining(`a.yml:2 logsource: ${message}`)]);
  });

  test('a missing title and logsource', () => {
    expect(problems('detection:\n  s: {verb: get}\n  condition: s\n')).toEqual([
      'a.yml:1 title: is missing; wants text',
      'a.yml:1 logsource: is missing',
    ]);
  });

  test('a document of two kinds', () => {
    const text = rule('detection:\n  s: {verb: get}\n  condition: s\ncorrelation: {}\n');
    expect(problems(text)).toEqual([
      'a.yml:1 wants one of detection, correlation, filter, has detection and correlation',
    ]);
  });

  test('a document of no kind', () => {
    expect(problems('title: T\n')).toEqual([
      'a.yml:1 wants one of detection, correlation, filter, has none of them',
    ]);
  });

  test('an id or a name that is taken', () => {
    const other = rule('detection:\n  s: {verb: get}\n  condition: s\n');
    expect(problems([other, other])).toEqual([
      'a1.yml:2 id: the id 11111111-1111-4111-8111-111111111111 is taken by a.yml:1',
      'a1.yml:3 name: the name test_rule is taken by a.yml:1',
    ]);
  });

  test('two rules of one file with one title and no id', () => {
    const text =
      'title: T\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {verb: get}\n  condition: s\n';
    expect(problems(`${text}---\n${text}`)).toEqual([
      'a.yml:7 title: the title "T", without an id, is taken by a.yml:1',
    ]);
  });
});
