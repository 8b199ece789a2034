import { describe, expect, test } from 'vitest';
import { minutes, span } from '../../../src/lib/time.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { good, hits, problems, rule, warnings } from './loaded.ts';

const BASE = rule('detection:\n  s: {verb: get}\n  condition: s\n');
const BASE_ID = '11111111-1111-4111-8111-111111111111';

/** A correlation of BASE: `block` replaces or adds keys of it, `rest` is the document's end. */
function correlation(block: Record<string, string> = {}, rest = ''): string {
  const keys = { type: 'event_count', rules: '[test_rule]', timespan: '60m', condition: '{gt: 5}', ...block };
  const lines = Object.entries(keys).map(([key, value]) => `  ${key}: ${value}\n`);
  return `title: Many\nid: many\ncorrelation:\n${lines.join('')}${rest}`;
}

const only = (rules: readonly Rule[]): Rule => {
  expect(rules).toHaveLength(1);
  return rules[0]!;
};

describe('a rule that no correlation names', () => {
  test('fires for each event by itself, under its own id and with defaults', () => {
    const { fingerprint, ...found } = only(good(`${BASE}description: Words\nlevel: high\n`).rules);
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(found).toEqual({
      id: BASE_ID,
      title: 'Test',
      description: 'Words',
      level: 'high',
      tags: [],
      references: [],
      ruleset: 'mine',
      source: 'a.yml:1',
      kind: 'match',
      inputs: [BASE_ID],
      groupBy: [],
      condition: [{ op: 'gte', value: 1 }],
      conditionFields: [],
      aliases: {},
      silent: false,
      carry: [],
      timespan: 0,
      window: { kind: 'sliding', quiet: 0, lateness: minutes(10) },
      group: { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
      dedupe: 'request',
      emit: 'crossing',
      time: 'event',
      risk: { score: 60, message: 'Test', objects: [], threats: [], collect: [], analyticStory: [] },
      rename: {},
    });
  });

  test('has an id made of where it is from and its title, if it has none', () => {
    const text = BASE.replace(/^id:.*\n/m, '');
    const { id } = only(good(text).rules);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(only(good(text.replace('get', 'list')).rules).id).toBe(id);
    expect(only(good(text.replace('title: Test', 'title: Text')).rules).id).not.toBe(id);
  });

  test.each([
    ['informational', 0],
    ['low', 20],
    ['medium', 40],
    ['high', 60],
    ['critical', 80],
  ])('scores %s as %j', (level, score) => {
    expect(only(good(`${BASE}level: ${level}\n`).rules).risk.score).toBe(score);
  });

  test('is medium where it names no level', () => {
    expect(only(good(BASE).rules)).toMatchObject({ level: 'medium', risk: { score: 40 } });
  });
});

describe('a correlation', () => {
  test('counts the rules it names, which then do not fire by themselves', () => {
    expect(only(good([BASE, correlation({ 'group-by': '[client.address, verb]' })]).rules)).toMatchObject({
      id: 'many',
      kind: 'event_count',
      inputs: [BASE_ID],
      groupBy: ['client.address', 'verb'],
      condition: [{ op: 'gt', value: 5 }],
      timespan: minutes(60),
      window: { kind: 'sliding', quiet: minutes(60), lateness: minutes(10) },
      emit: 'crossing',
    });
  });

  test('finds rules by id, in other files, before or after, each once', () => {
    const ruleSet = good([correlation({ rules: `[${BASE_ID}, test_rule]`, condition: '{gte: 2}' }), BASE]);
    expect(only(ruleSet.rules)).toMatchObject({ inputs: [BASE_ID], condition: [{ op: 'gte', value: 2 }] });
    expect(hits(ruleSet, { verb: 'get' })).toEqual([BASE_ID]);
    expect(hits(ruleSet, { verb: 'list' })).toEqual([]);
  });

  test.each([
    ['the block', correlation({ generate: 'true' })],
    ['the document', correlation({}, 'generate: true\n')],
  ])('with generate in %s lets them fire too', (_, text) => {
    expect(good([BASE, text]).rules.map(({ kind, id }) => [kind, id])).toEqual([
      ['event_count', 'many'],
      ['match', BASE_ID],
    ]);
  });

  test.each([
    ['rules', '[test_rul]', 'rules[0]: no rule has the id or name "test_rul"; did you mean "test_rule"?', 5],
    ['rules', '[]', 'rules: is empty', 5],
    ['timespan', 'an hour', 'timespan: wants a length of time such as 90s, 10m, 1h or 2d, has "an hour"', 6],
    ['timespan', '0s', 'timespan: wants more than nothing', 6],
    ['condition', '{gt: five}', 'condition.gt: wants a whole number of at least 0, has "five"', 7],
    ['condition', '{gte: 0}', 'condition.gte: wants a whole number of at least 1, has 0', 7],
    ['condition', '{get: 5}', 'condition.get: is not a condition; did you mean "gt"?', 7],
    ['condition', '{gt: 5, field: verb}', 'condition.field: goes with other types than event_count', 7],
    ['condition', '{}', 'condition: is empty; wants gt or gte', 7],
    [
      'type',
      'event_cuont',
      'type: "event_cuont" is not a type of correlation; did you mean "event_count"?',
      4,
    ],
    ['type', '5', 'type: wants text, has 5', 4],
    ['grup-by', '[verb]', 'grup-by: is not a key here; did you mean "group-by"?', 8],
    ['group-by', '{}', 'group-by: wants a list of texts', 8],
    ['generate', 'yes', 'generate: wants true or false, has "yes"', 8],
  ])('with %s %s is refused', (key, value, message, line) => {
    expect(problems([correlation({ [key]: value }), BASE])).toEqual([`a.yml:${line} correlation.${message}`]);
  });

  test('is not blamed for a rule that is itself wrong', () => {
    expect(problems([correlation(), BASE.replace('condition: s', 'condition: x')])).toEqual([
      'a1.yml:7 detection.condition: "x" is no selection; did you mean "s"?',
    ]);
  });

  test('cannot count a filter', () => {
    const filter = 'title: F\nname: f\nlogsource: {}\nfilter: {rules: any, s: {verb: x}, condition: not s}\n';
    expect(problems([correlation({ rules: '[f]' }), BASE, filter])).toEqual([
      'a.yml:5 correlation.rules[0]: f is a filter, not a rule',
    ]);
  });
});

describe('a fingerprint', () => {
  const print = (...files: string[]) => good(files).rules[0]!.fingerprint;
  const plain = print(correlation(), BASE);
  const block = (text: string) => correlation({}, `sidewatch: ${text}\n`);

  test.each([
    ['the condition of what is counted', [correlation(), BASE.replace('get', 'list')]],
    [
      'a filter on it',
      [
        correlation(),
        BASE,
        'title: F\nlogsource: {}\nfilter: {rules: any, s: {verb: x}, condition: not s}\n',
      ],
    ],
    ['group-by', [correlation({ 'group-by': '[verb]' }), BASE]],
    ['timespan', [correlation({ timespan: '61m' }), BASE]],
    ['condition', [correlation({ condition: '{gt: 6}' }), BASE]],
    ['the window', [block('{window: {lateness: 9m}}'), BASE]],
    ['quiet', [block('{quiet: 30m}'), BASE]],
    ['grouping', [block('{group: {repeats: true}}'), BASE]],
    ['dedupe', [block('{dedupe: record}'), BASE]],
    ['time', [block('{time: record}'), BASE]],
    ['collected fields', [block('{risk: {collect: [verb]}}'), BASE]],
  ])('changes with %s', (_, files) => {
    expect(print(...files)).not.toBe(plain);
  });

  test.each([
    ['the title', [correlation().replace('Many', 'Lots'), BASE]],
    ['the level', [correlation({}, 'level: high\n'), BASE]],
    ['the score', [block('{risk: {score: 5}}'), BASE]],
    ['what is written for its defaults', [block('{quiet: 60m, window: {lateness: 600s}}'), BASE]],
  ])('stays with %s', (_, files) => {
    expect(print(...files)).toBe(plain);
  });
});

test('top-level keys are the author’s, but one that is nearly ours brings a warning', () => {
  expect(warnings(`${BASE}sidewach: {}\nlevle: high\nowner: me\nfields: [a]\nlabels: x\n`)).toEqual([
    'a.yml:8 sidewach: is not a key that is read; did you mean "sidewatch"?',
    'a.yml:9 levle: is not a key that is read; did you mean "level"?',
  ]);
});

test('a field that no event can have brings a warning', () => {
  expect(
    warnings([
      rule(
        'detection:\n  s: {apiGroup: x, client.geo.cuntry.name: y, userAgnt: z, verb: v}\n  condition: s\n',
      ),
      correlation({ 'group-by': '[client.adress, k8s.cluster.name, resource.x]' }),
    ]),
  ).toEqual([
    'a1.yml:8 correlation.group-by[0]: client.adress is never set; did you mean "client.address"?',
    'a.yml:5 detection: no audit event has apiGroup',
    'a.yml:5 detection: client.geo.cuntry.name is never set; did you mean "client.geo.country.name"?',
    'a.yml:5 detection: no audit event has userAgnt; did you mean "userAgent"?',
  ]);
});

test('a file of comments alone loads, and so does none at all', () => {
  expect(good('# nothing yet\n')).toMatchObject({ rules: [], needs: [], warnings: [] });
  expect(good([])).toMatchObject({ rules: [], needs: [] });
});

test('a whole number of spans is no must: quiet may be any length', () => {
  const found = good([correlation({}, 'sidewatch: {quiet: 7s}\n'), BASE]).rules[0]!;
  expect(found.window).toMatchObject({ quiet: span(7_000_000) });
});
