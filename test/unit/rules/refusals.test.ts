import { describe, expect, test } from 'vitest';
import { BODY, problems, rule } from './loaded.ts';

const item = (text: string) => rule(`detection:\n  s:\n    ${text}\n  condition: s\n`);

describe('what Sigma no longer has is refused with what took its place', () => {
  test.each([
    [
      'timeframe',
      'detection:\n  s: {verb: get}\n  condition: s\n  timeframe: 5m\n',
      'detection.timeframe',
      3,
      'belonged to aggregations, which Sigma replaced by correlations; write a correlation rule with a timespan',
    ],
    [
      'pipes',
      'detection:\n  s: {verb: get}\n  condition: s | count() > 3\n',
      'detection.condition',
      2,
      'aggregations after | were replaced by correlations in Sigma; write a correlation rule that counts this one',
    ],
  ])('%s', (_, body, path, line, message) => {
    expect(problems(rule(body))).toEqual([`a.yml:${BODY + line} ${path}: ${message}`]);
  });
});

describe('what is wrong is refused by name and line', () => {
  test.each([
    ['f|contians: x', 'f|contians: "contians" is not a modifier; did you mean "contains"?'],
    ['f: []', 'f: wants at least one value'],
    ['f|cidr: somewhere', 'f|cidr: wants a network in CIDR form, has "somewhere"'],
    ['f[any]: {g|lt: x}', 'f[any].g|lt: lt wants a number, has "x"'],
  ])('%s', (text, message) => {
    expect(problems(item(text))).toEqual([`a.yml:${BODY + 2} detection.s.${message}`]);
  });

  test('a look-ahead, which no matcher without backtracking has', () => {
    expect(problems(item("f|re: 'a(?=b)'"))).toEqual([
      expect.stringContaining(`a.yml:${BODY + 2} detection.s.f|re: `),
    ]);
  });

  test('a logsource that is no map', () => {
    const found = problems('title: T\nlogsource: kubernetes\ndetection:\n  s: {verb: get}\n  condition: s\n');
    expect(found).toEqual(['a.yml:2 logsource: wants a map of attributes, has "kubernetes"']);
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
