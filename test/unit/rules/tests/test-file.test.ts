import { describe, expect, test } from 'vitest';
import { parseTestFile } from '../../../../src/rules/tests/test-file.ts';

const parsed = (text: string) => parseTestFile('x.test.yml', text);
const file = (text: string) => {
  const result = parsed(text);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.file;
};
const problems = (text: string) => {
  const result = parsed(text);
  return 'problems' in result ? result.problems.map(({ where, message }) => `${where}  ${message}`) : [];
};
const withEvent = (event: string) => `tests: [{name: a, events: [${event}], fires: []}]`;

describe('a test file', () => {
  test('has events as they are, or with a time and a number', () => {
    const { event, tests } = file(`
event: {verb: get}
tests:
  - name: one
    cluster: prod
    events:
      - {}
      - {verb: list}
      - {repeat: 6, every: 10s, with: {requestURI: /api}}
      - {after: 2h}
    fires:
      - {rule: a_rule, message: m, score: 0, level: high, count: 6}
      - {rule: other}
`);
    expect(event).toEqual({ verb: 'get' });
    expect(tests).toEqual([
      {
        name: 'one',
        line: 4,
        cluster: 'prod',
        steps: [
          { event: {}, repeat: 1, every: undefined, after: undefined },
          { event: { verb: 'list' }, repeat: 1, every: undefined, after: undefined },
          { event: { requestURI: '/api' }, repeat: 6, every: 10_000_000, after: undefined },
          { event: {}, repeat: 1, every: undefined, after: 7_200_000_000 },
        ],
        fires: [
          { rule: 'a_rule', message: 'm', score: 0, level: 'high', count: 6, line: 12 },
          { rule: 'other', line: 13 },
        ],
      },
    ]);
  });

  test.each([
    ['nothing', '', ['x.test.yml:1  wants one document with the key tests, has none']],
    ['comments alone', '# later\n', ['x.test.yml:1  wants one document with the key tests, has none']],
    [
      'two documents',
      `${withEvent('{}')}\n---\na: 1`,
      ['x.test.yml:3  wants one document with the key tests, has 2'],
    ],
    ['what is not YAML', 'tests: [', [expect.stringMatching(/^x\.test\.yml:\d+ {2}not YAML: /)]],
    ['a list', '- a', ['x.test.yml:1  wants a map, has a list']],
    [
      'a misspelt key',
      'test: []',
      [
        expect.stringContaining('tests: is missing'),
        'x.test.yml:1  test: is not a key here; did you mean "tests"?',
      ],
    ],
    ['no tests', 'tests: []', ['x.test.yml:1  tests: wants a list of at least one test, has an empty list']],
    [
      'no events',
      'tests: [{name: a, events: [], fires: []}]',
      ['x.test.yml:1  tests[0].events: wants a list of at least one event, has an empty list'],
    ],
    [
      'no expectation',
      'tests: [{name: a, events: [{}]}]',
      ['x.test.yml:1  tests[0].fires: is missing; wants a list of risk events, [] where nothing must fire'],
    ],
    [
      'a level that is none',
      'tests: [{name: a, events: [{}], fires: [{rule: r, level: hihg}]}]',
      [
        'x.test.yml:1  tests[0].fires[0].level: wants informational, low, medium, high or critical, has "hihg"; did you mean "high"?',
      ],
    ],
    ['an event that is none', withEvent('7'), ['x.test.yml:1  tests[0].events[0]: wants a map, has 7']],
    [
      'a misspelt field',
      withEvent('{verbs: get}'),
      ['x.test.yml:1  tests[0].events[0].verbs: no audit event has verbs; did you mean "verb"?'],
    ],
    [
      'a path for a field',
      withEvent('{user.username: bob}'),
      [
        'x.test.yml:1  tests[0].events[0].user.username: is a path, and an event is nested: write user: {username: ...}',
      ],
    ],
    [
      'the cluster as a field',
      withEvent('{k8s.cluster.name: prod}'),
      [
        'x.test.yml:1  tests[0].events[0].k8s.cluster.name: is a path, and an event is nested; use the key "cluster" of the test',
      ],
    ],
    [
      'fields beside a time',
      withEvent('{after: 1s, verb: get}'),
      [expect.stringMatching(/events\[0\]\.verb: is not a key here/)],
    ],
    [
      'a misspelt field beside a time',
      withEvent('{after: 1s, with: {vreb: get}}'),
      ['x.test.yml:1  tests[0].events[0].with.vreb: no audit event has vreb; did you mean "verb"?'],
    ],
    [
      'a time that is none',
      withEvent('{after: soon}'),
      [
        'x.test.yml:1  tests[0].events[0].after: wants a length of time such as 90s, 10m, 1h or 2d, has "soon"',
      ],
    ],
    ['too many events', withEvent('{repeat: 10001}'), [expect.stringContaining('from 1 to 10000')]],
    [
      'every without repeat',
      withEvent('{every: 1s}'),
      ['x.test.yml:1  tests[0].events[0].every: needs repeat'],
    ],
    [
      'a name twice',
      'tests: [{name: a, events: [{}], fires: []}, {name: a, events: [{}], fires: []}]',
      ['x.test.yml:1  tests[1].name: another test of this file has this name'],
    ],
  ])('is refused with %s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
