import { describe, expect, test } from 'vitest';
import { minutes, span } from '../../../../src/lib/time-format.ts';
import type { Rule } from '../../../../src/model/rule.ts';
import { good, hits, problems, rule, warnings } from '../loaded.ts';

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
    const { fingerprint, ...found } = only(
      good(`${BASE}description: Words\nlevel: high\nfalsepositives: Backups\n`).rules,
    );
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(found).toEqual({
      id: BASE_ID,
      title: 'Test',
      description: 'Words',
      level: 'high',
      tags: [],
      references: [],
      falsePositives: ['Backups'],
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
    ['timespan', '0s', 'timespan: wants more than 0', 6],
    ['condition', '{gt: five}', 'condition.gt: wants a whole number of at least 0, has "five"', 7],
    ['condition', '{gte: 0}', 'condition.gte: wants a whole number of at least 1, has 0', 7],
    ['condition', '{get: 5}', 'condition.get: is not a condition; did you mean "gt"?', 7],
    ['condition', '{}', 'condition: has no bound; wants one of gt, gte, lt, lte, eq, neq', 7],
    [
      'type',
      'event_cuont',
      'type: "event_cuont" is not a type of correlation; did you mean "event_count"?',
      4,
    ],
    ['type', '5', 'type: wants text, has 5', 4],
    ['grup-by', '[verb]', 'grup-by: is not a key here; did you mean "group-by"?', 8],
    ['group-by', '{}', 'group-by: wants a list of texts, has a map', 8],
    ['generate', 'yes', 'generate: wants true or false, has "yes"', 8],
  ])('with %s %s is refused', (key, value, message, line) => {
    expect(problems([correlation({ [key]: value }), BASE])).toEqual([`a.yml:${line} correlation.${message}`]);
  });

  test('with a generate at the top that is neither true nor false is refused', () => {
    expect(problems([correlation({}, 'generate: yes\n'), BASE])).toEqual([
      'a.yml:8 generate: wants true or false, has "yes"',
    ]);
  });

  test('has no problem of its own if a rule that it counts is broken', () => {
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
    ['the operator', [correlation({ condition: '{gte: 5}' }), BASE]],
    ['a second bound', [correlation({ condition: '{gt: 5, lt: 9}' }), BASE]],
    ['the type', [correlation({ type: 'temporal', condition: '{gte: 1}' }), BASE]],
    ['an alias', [correlation({ aliases: '{who: {test_rule: verb}}' }), BASE]],
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
    ['the way to refer to the rule', [correlation({ rules: `[${BASE_ID}]` }), BASE]],
    ['generate', [correlation({ generate: 'true' }), BASE]],
    ['what is written for its defaults', [block('{quiet: 60m, window: {lateness: 600s}}'), BASE]],
  ])('stays with %s', (_, files) => {
    expect(print(...files)).toBe(plain);
  });
});

describe('the fingerprint of', () => {
  const OTHER = BASE.replace(BASE_ID, 'other-id').replace('test_rule', 'other');
  const print = (block: Record<string, string>) =>
    good([correlation({ rules: '[test_rule, other]', ...block }), BASE, OTHER]).rules[0]!.fingerprint;
  const code = 'field: responseStatus.code';

  test.each([
    ['a range', { condition: '{gt: 5, lt: 9}' }, { condition: '{lt: 9, gt: 5}' }],
    ['all rules', { type: 'temporal', condition: 'null' }, { type: 'temporal', condition: '{eq: 2}' }],
    [
      'names',
      { type: 'temporal', condition: 'test_rule and not other' },
      { type: 'temporal', condition: 'not (other or not test_rule)' },
    ],
    [
      'aliases',
      { aliases: '{a: {test_rule: verb, other: stage}, b: {test_rule: level, other: level}}' },
      { aliases: `{b: {other: level, ${BASE_ID}: level}, a: {other: stage, test_rule: verb}}` },
    ],
  ])('%s does not depend on how it is written', (_, one, same) => {
    expect(print(one)).toBe(print(same));
  });

  test.each([
    ['a field', 'value_count', `{${code}, gt: 1}`, '{field: verb, gt: 1}'],
    ['a second field', 'value_count', `{${code}, gt: 1}`, '{field: [responseStatus.code, verb], gt: 1}'],
    [
      'a percentile',
      'value_percentile',
      `{${code}, gt: 1, percentile: 50}`,
      `{${code}, gt: 1, percentile: 95}`,
    ],
    ['names', 'temporal', 'test_rule and not other', 'other and not test_rule'],
  ])('%s changes with it', (_, type, condition, other) => {
    expect(print({ type, condition })).not.toBe(print({ type, condition: other }));
  });
});

test('top-level keys are the author’s, but one that is nearly ours brings a warning', () => {
  expect(warnings(`${BASE}sidewach: {}\nlevle: high\nowner: me\nfields: [a]\nlabels: x\n`)).toEqual([
    'a.yml:8 sidewach: is not a known key; did you mean "sidewatch"?',
    'a.yml:9 levle: is not a known key; did you mean "level"?',
  ]);
});

test('a field that no event can have brings a warning', () => {
  expect(
    warnings([
      rule(
        'detection:\n  s: {eventID: x, client.geo.cuntry.name: y, userAgnt: z, verb: v}\n  condition: s\n',
      ),
      correlation({ 'group-by': '[client.address, k8s.cluster.name, resource.x, requestObject.any.thing]' }),
    ]),
  ).toEqual([
    'a.yml:5 detection: no audit event has eventID',
    'a.yml:5 detection: client.geo.cuntry.name is never set; did you mean "client.geo.country.name"?',
    'a.yml:5 detection: no audit event has userAgnt; did you mean "userAgent"?',
  ]);
});

test('a group-by field that no event can have is refused, whatever group.missing says', () => {
  const grouped = (groupBy: string, more = '') =>
    problems([BASE, correlation({ 'group-by': groupBy }, more)]);
  expect(grouped('[client.adress, user.name, user.username]')).toEqual([
    'a1.yml:8 correlation.group-by[0]: client.adress is never set; did you mean "client.address"?',
    'a1.yml:8 correlation.group-by[1]: no audit event has user.name; did you mean "user.username"?',
  ]);
  const keep = 'level: low\nsidewatch: {group: {missing: keep}}\n';
  expect(grouped('[objectRef.resorce]', keep)).toEqual([
    'a1.yml:8 correlation.group-by[0]: no audit event has objectRef.resorce; did you mean "objectRef.resource"?',
  ]);
  expect(
    grouped('[objectRef.namespace, annotations.x, resource.y, record.z, responseObject.a]', keep),
  ).toEqual([]);
});

test('a field of an alias or a condition that no event can have brings a warning', () => {
  const block = {
    type: 'value_count',
    'group-by': '[who]',
    aliases: '{who: {test_rule: user.nam, test_rul: usr}}',
    condition: '{field: [who, client.claimed, client.claim, objectReff.name], gt: 2}',
  };
  const text = correlation({ ...block, aliases: '{who: {test_rule: usr.name}}' });
  expect(warnings([text, BASE])).toEqual([
    'a.yml:9 correlation.aliases.who.test_rule: no audit event has usr.name; did you mean "user.username"?',
    'a.yml:7 correlation.condition.field: client.claim is never set; did you mean "client.claimed"?',
    'a.yml:7 correlation.condition.field: no audit event has objectReff.name; did you mean "objectRef.name"?',
  ]);
});

test('an unused alias is a lint', () => {
  const lints = (groupBy: string, message: string) =>
    good([
      correlation(
        { aliases: '{who: {test_rule: user.username}}', 'group-by': groupBy },
        `level: low\nsidewatch: {risk: {message: ${message}}}\n`,
      ),
      BASE,
    ]).lints.map((lint) => lint.message);
  const unused = 'correlation.aliases.who: is not used: group-by does not name it';
  expect(lints('[verb]', 'x')).toContain(unused);
  expect(lints('[who]', 'x')).not.toContain(unused);
  expect(lints('[verb]', 'by $who$')).not.toContain(unused);
});

test('a file of comments alone loads, and so does none at all', () => {
  expect(good('# nothing yet\n')).toMatchObject({ rules: [], needs: [], warnings: [] });
  expect(good([])).toMatchObject({ rules: [], needs: [] });
});

test('a whole number of spans is no must: quiet may be any length', () => {
  const found = good([correlation({}, 'sidewatch: {quiet: 77s}\n'), BASE]).rules[0]!;
  expect(found.window).toMatchObject({ quiet: span(77_000_000) });
});
