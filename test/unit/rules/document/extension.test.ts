import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { minutes } from '../../../../src/lib/time-format.ts';
import { EXTENSION } from '../../../../src/rules/document/extension.ts';
import { good, problems, rule, warnings } from '../loaded.ts';

const BASE = rule('detection:\n  s: {verb: get}\n  condition: s\n');
const CORRELATION = `title: Many
id: many
correlation: {type: event_count, rules: [test_rule], group-by: [client.address], timespan: 60m, condition: {gt: 5}}
sidewatch:
`;
/** A correlation whose `sidewatch:` block begins at line 5. */
const many = (block: string) => [`${CORRELATION}${block.replaceAll(/^/gm, '  ')}\n`, BASE];

test('every key of the block comes through', () => {
  const block = `window: {kind: tumbling, offset: 50m, lateness: 5m, late: drop}
group: {multivalue: joined, repeats: true, place: first, missing: drop}
dedupe: none
emit: close
time: record
risk:
  score: 49
  impact: 70
  confidence: 70
  message: scan from $src_ip$
  objects: [{field: user.username, type: user}]
  threats: [{field: client.address, type: ip_address}]
  collect: [userAgent]
  analytic_story: [Kubernetes Security]
rename: {client.address: src_ip}`;
  expect(good(many(block)).rules).toMatchObject([
    {
      window: { kind: 'tumbling', offset: minutes(50), lateness: minutes(5), late: 'drop' },
      group: { multivalue: 'joined', repeats: true, place: 'first', missing: 'drop' },
      dedupe: 'none',
      emit: 'close',
      time: 'record',
      risk: {
        score: 49,
        impact: 70,
        confidence: 70,
        message: 'scan from $src_ip$',
        objects: [{ field: 'user.username', type: 'user' }],
        threats: [{ field: 'client.address', type: 'ip_address' }],
        collect: ['userAgent'],
        analyticStory: ['Kubernetes Security'],
      },
      rename: { 'client.address': 'src_ip' },
    },
  ]);
});

test.each([
  ['sliding', { window: { kind: 'sliding', quiet: minutes(60), lateness: minutes(10) }, emit: 'crossing' }],
  [
    'tumbling',
    { window: { kind: 'tumbling', offset: 0, lateness: minutes(10), late: 'keep' }, emit: 'close' },
  ],
])('a %s window has these defaults', (kind, expected) => {
  const [found] = good(many(`window: {kind: ${kind}}`)).rules;
  expect(found).toMatchObject(expected);
  expect(found!.window).toEqual(expected.window);
});

test('impact and confidence make the score where none is written', () => {
  expect(good(many('risk: {impact: 70, confidence: 70}')).rules[0]!.risk.score).toBe(49);
  expect(good(many('risk: {impact: 70, confidence: 70, score: 20}')).rules[0]!.risk.score).toBe(20);
  expect(good(many('risk: {impact: 70}')).rules[0]!.risk.score).toBe(40);
});

test('every key of the block is in docs/sidewatch-block.md', () => {
  const { window, group, risk, ...others } = EXTENSION.shape;
  const under = (name: string, block: { unwrap(): { readonly shape: object } }) =>
    Object.keys(block.unwrap().shape).map((key) => `${name}.${key}`);
  const keys = [
    ...Object.keys(others),
    ...under('window', window),
    ...under('group', group),
    ...under('risk', risk),
  ];
  const page = readFileSync('docs/sidewatch-block.md', 'utf8');
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
});

describe('is refused:', () => {
  test.each([
    ['windw: {}', 5, 'windw: is not a key here; did you mean "window"?'],
    ['window:\n  knd: sliding', 6, 'window.knd: is not a key here; did you mean "kind"?'],
    ['group: {repeat: true}', 5, 'group.repeat: is not a key here; did you mean "repeats"?'],
    [
      'risk:\n  zzz: 1',
      6,
      'risk.zzz: is not a key here; the keys are score, refused_score, impact, confidence, message, objects, threats, collect, analytic_story',
    ],
    ['risk:\n  objects:\n    - {field: a, kind: user}', 7, 'risk.objects[0].type: is missing; wants text'],
    [
      'window: {kind: tumblin}',
      5,
      'window.kind: wants sliding or tumbling, has "tumblin"; did you mean "tumbling"?',
    ],
    [
      'window: {lateness: 10}',
      5,
      'window.lateness: wants a length of time such as 90s, 10m, 1h or 2d, has 10',
    ],
    ['window: {offset: 5m}', 5, 'window.offset: works only with tumbling windows'],
    ['window: {late: drop}', 5, 'window.late: works only with tumbling windows'],
    ['window: {kind: tumbling, offset: 60m}', 5, 'window.offset: wants less than the timespan'],
    [
      'window: {kind: tumbling}\nemit: crossing',
      6,
      'emit: crossing works only with sliding windows; a tumbling window fires when it closes',
    ],
    [
      'window: {kind: tumbling}\nemit: both',
      6,
      'emit: both works only with sliding windows; a tumbling window fires when it closes',
    ],
    [
      'window: {kind: tumbling}\nquiet: 60m',
      6,
      'quiet: works only with sliding windows; a tumbling window fires once',
    ],
    ['quiet: 0s', 5, 'quiet: wants more than 0'],
    [
      'quiet: 35s',
      5,
      'quiet: wants at least a hundredth of the timespan (36s); make it longer, or the timespan shorter',
    ],
    [
      'quiet: 10001h',
      5,
      'quiet: wants at most 10000 timespans (36000000s); make it shorter, or the timespan longer',
    ],
    ['dedupe: requests', 5, 'dedupe: wants request, record or none, has "requests"; did you mean "request"?'],
    ['time: wall', 5, 'time: wants event or record, has "wall"'],
    ['group: {repeats: 1}', 5, 'group.repeats: wants true or false, has 1'],
    ['risk: {score: -1}', 5, 'risk.score: wants a whole number of at least 0, has -1'],
    ['risk: {impact: 101}', 5, 'risk.impact: wants a whole number from 0 to 100, has 101'],
    ['risk: {score: 4.5}', 5, 'risk.score: wants a whole number of at least 0, has 4.5'],
    ['rename: {a: 5}', 5, 'rename.a: wants text, has 5'],
    ['risk: {message: ""}', 5, 'risk.message: wants text, has ""'],
  ])('%s', (block, line, message) => {
    expect(problems(many(block))).toContain(`a.yml:${line} sidewatch.${message}`);
  });

  test('a block that is no map', () => {
    expect(problems([`${CORRELATION.trim()} 5\n`, BASE])).toEqual(['a.yml:4 sidewatch: wants a map, has 5']);
  });

  test('several things, all at once', () => {
    expect(problems(many('emit: always\nquiet: soon\nwindw: {}'))).toHaveLength(3);
  });

  test.each([
    ['emit: both', 'emit'],
    ['quiet: 5m', 'quiet'],
    ['group: {}', 'group'],
    ['window: {kind: tumbling}', 'window.kind'],
    ['window: {offset: 5m}', 'window.offset'],
    ['window: {late: drop}', 'window.late'],
  ])('%s in a rule without a correlation', (block, path) => {
    expect(problems(`${BASE}sidewatch:\n  ${block}\n`)).toEqual([
      `a.yml:9 sidewatch.${path}: cannot be set for a rule that fires for each event; only correlations have windows`,
    ]);
  });
});

test('a rule without a correlation may say how late its events come, what they are and what they score', () => {
  const block = '{window: {lateness: 1h}, dedupe: record, emit: crossing, risk: {score: 7, collect: [verb]}}';
  expect(good(`${BASE}sidewatch: ${block}\n`).rules).toMatchObject([
    { window: { lateness: minutes(60) }, dedupe: 'record', risk: { score: 7, collect: ['verb'] } },
  ]);
});

test('a block in a rule that does not fire has no effect, and brings a warning', () => {
  expect(warnings([CORRELATION.replace('sidewatch:\n', ''), `${BASE}sidewatch: {dedupe: none}\n`])).toEqual([
    'a1.yml:8 sidewatch: has no effect: a correlation counts this rule, so it does not fire',
  ]);
});

describe('an unknown name in the risk block brings a warning:', () => {
  test.each([
    ['message: from $src_pi$', 'message: no audit event has src_pi'],
    [
      'objects: [{field: usr.username, type: user}]',
      'objects[0]: no audit event has usr.username; did you mean "user.username"?',
    ],
    [
      'threats: [{field: client.adress, type: x}]',
      'threats[0]: client.adress is never set; did you mean "client.address"?',
    ],
    ['collect: [useragent]', 'collect[0]: no audit event has useragent; did you mean "userAgent"?'],
  ])('%s', (risk, message) => {
    expect(warnings(many(`risk: {${risk}}`))).toEqual([`a.yml:5 sidewatch.risk.${message}`]);
  });

  test('but not a renamed one, nor any field of an event', () => {
    const block =
      'risk: {message: "$src_ip$ $objectRef.namespace$ costs $5"}\nrename: {client.address: src_ip}';
    expect(warnings(many(block))).toEqual([]);
  });
});
