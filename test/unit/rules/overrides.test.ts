import { describe, expect, test } from 'vitest';
import { minutes } from '../../../src/lib/time.ts';
import type { RuleOptions } from '../../../src/rules/load.ts';
import { hits } from './loaded.ts';
import { faultsWith, goodWith, lines, profile } from './tuned.ts';

const base = (name: string, verb: string, more = '') => `title: Title of ${name}
id: id-of-${name}
name: ${name}
logsource: {product: kubernetes, service: audit}
tags: [attack.${name}]
level: low
detection:
  s: {verb: ${verb}}
  condition: s
${more}`;
const counts = (
  name: string,
  inputs: string,
  more = '',
  type = 'event_count',
  condition = '{gte: 5}',
) => `title: Title of ${name}
id: id-of-${name}
name: ${name}
tags: [attack.many]
level: high
correlation:
  type: ${type}
  rules: [${inputs}]
  group-by: [user.username]
  timespan: 10m
  condition: ${condition}
${more}`;

const TUMBLING = 'sidewatch: {window: {kind: tumbling, offset: 5m}}\n';
const FILES = {
  'pack/read.yml': base('read', 'get'),
  'pack/many.yml': `${base('gone', 'delete')}---\n${counts('many', 'gone')}`,
  'pack/tumbling.yml': `${base('made', 'create')}---\n${counts('tumbling', 'made', TUMBLING)}`,
  'pack/filters/known.yml': `title: Known
name: known
logsource: {product: kubernetes, service: audit}
filter:
  rules: [read]
  known: {user.username: ci}
  condition: not known
`,
  'mine.yml': base('watched', 'watch'),
};

const tuned = (...overrides: unknown[]) => goodWith(FILES, { overrides });
const rule = (id: string, ...overrides: unknown[]) =>
  tuned(...overrides).rules.find((one) => one.id === `id-of-${id}`);
const faults = (...overrides: unknown[]) => faultsWith(FILES, { overrides });
const offOf = (files: Readonly<Record<string, string>>, options: RuleOptions) =>
  Object.fromEntries(goodWith(files, options).off.map(({ name, why }) => [name, why]));
const off = (...overrides: unknown[]) => offOf(FILES, { overrides });

describe('an override changes', () => {
  test('the level, and with it the score of a rule that names none', () => {
    expect(rule('read', { rule: 'read', level: 'critical' })).toMatchObject({
      level: 'critical',
      risk: { score: 80 },
    });
  });

  test('the score', () => {
    expect(rule('read', { rule: 'id-of-read', score: 7 })).toMatchObject({
      level: 'low',
      risk: { score: 7 },
    });
  });

  test('the score, which that of a refused request is never above', () => {
    const files = {
      'a.yml': base('read', 'get', 'sidewatch: {risk: {score: 50, refused_score: 30, message: m}}\n'),
    };
    const scored = (score: number) =>
      goodWith(files, { overrides: [{ rule: 'read', score }] }).rules[0]!.risk;
    expect(scored(60)).toMatchObject({ score: 60, refusedScore: 30, message: 'm' });
    expect(scored(20)).toMatchObject({ score: 20, refusedScore: 20 });
  });

  test('threshold, timespan, quiet and lateness of a correlation', () => {
    const change = { rule: 'many', threshold: 9, timespan: '1h', quiet: '2h', lateness: '1m' };
    expect(rule('many', change)).toMatchObject({
      condition: [{ op: 'gte', value: 9 }],
      timespan: minutes(60),
      window: { kind: 'sliding', quiet: minutes(120), lateness: minutes(1) },
    });
  });

  test('the timespan, and with it the quiet time of a rule that names none', () => {
    expect(rule('many', { rule: 'many', timespan: '1h' })).toMatchObject({ window: { quiet: minutes(60) } });
  });

  test('the lower bound of a range', () => {
    const files = {
      'a.yml': `${base('gone', 'delete')}---\n${counts('many', 'gone', '', 'event_count', '{gt: 5, lte: 20}')}`,
    };
    const bounds = (threshold: number) =>
      goodWith(files, { overrides: [{ rule: 'many', threshold }] }).rules[0]!.condition;
    expect(bounds(15)).toEqual([
      { op: 'gt', value: 15 },
      { op: 'lte', value: 20 },
    ]);
    expect(faultsWith(files, { overrides: [{ rule: 'many', threshold: 20 }] })).toEqual([
      'rules.overrides[0].threshold does not go with "Title of many": gt 20 and lte 20 can never hold together',
    ]);
  });

  test('offset and time of a tumbling rule', () => {
    expect(rule('tumbling', { rule: 'tumbling', offset: '9m', time: 'record' })).toMatchObject({
      window: { kind: 'tumbling', offset: minutes(9) },
      time: 'record',
    });
  });

  test('timespan and offset together, whichever would not go with the other as it was', () => {
    expect(rule('tumbling', { rule: 'tumbling', timespan: '4m', offset: '1m' })).toMatchObject({
      timespan: minutes(4),
      window: { offset: minutes(1) },
    });
  });

  test('of the grouping what it names, and leaves the rest', () => {
    const files = {
      'a.yml': `${base('gone', 'delete')}---\n${counts('many', 'gone', 'sidewatch: {group: {multivalue: first, missing: drop}}\n')}`,
    };
    const overrides = [{ rule: 'many', group: { missing: 'keep', repeats: true } }];
    expect(goodWith(files, { overrides }).rules[0]!.group).toEqual({
      multivalue: 'first',
      missing: 'keep',
      repeats: true,
      place: 'own',
    });
  });

  test('what matches no more than what it says: the fingerprint stays where only the score changes', () => {
    const before = rule('many')!.fingerprint;
    expect(rule('many', { rule: 'many', score: 1 })!.fingerprint).toBe(before);
    expect(rule('many', { rule: 'many', threshold: 6 })!.fingerprint).not.toBe(before);
  });

  test('the hash of the set', () => {
    const plain = tuned().hash;
    expect(tuned({ rule: 'read', score: 20 }).hash).toBe(plain);
    expect(tuned({ rule: 'read', score: 21 }).hash).not.toBe(plain);
    expect(tuned({ rule: 'read', enabled: false }).hash).not.toBe(plain);
    expect(tuned({ rule: 'known', enabled: false }).hash).not.toBe(plain);
    const reversed = Object.fromEntries(Object.entries(FILES).reverse());
    expect(goodWith(reversed, {}).hash).toBe(plain);
  });
});

describe('an override chooses', () => {
  const scores = (...overrides: unknown[]) =>
    Object.fromEntries(
      tuned(...overrides).rules.map(({ id, risk }) => [id.slice('id-of-'.length), risk.score]),
    );

  test('rules by name or id, one or several', () => {
    expect(scores({ rule: ['many', 'id-of-read'], score: 1 })).toEqual({
      many: 1,
      tumbling: 60,
      read: 1,
      watched: 20,
    });
  });

  test('all that have a tag', () => {
    expect(scores({ tag: 'attack.many', score: 1 })).toEqual({ many: 1, tumbling: 1, read: 20, watched: 20 });
  });

  test('all of a pack that fire', () => {
    expect(scores({ pack: 'pack', score: 1 })).toEqual({ many: 1, tumbling: 1, read: 1, watched: 20 });
  });

  test('and the later of two wins', () => {
    expect(scores({ pack: 'pack', score: 1 }, { rule: 'read', score: 2 })).toMatchObject({
      read: 2,
      many: 1,
    });
    expect(scores({ rule: 'read', score: 2 }, { pack: 'pack', score: 1 })).toMatchObject({ read: 1 });
  });

  test('of a pack those that a setting goes with', () => {
    expect(
      tuned({ pack: 'pack', offset: '1m' }).rules.find(({ id }) => id === 'id-of-tumbling'),
    ).toMatchObject({
      window: { offset: minutes(1) },
    });
  });

  test('nothing: a warning names the nearest', () => {
    const overrides = [
      { rule: 'raed', score: 1 },
      { rule: ['read', 'Title of many'], score: 1 },
      { tag: 'attack.manx', score: 1 },
      { pack: 'packs', score: 1 },
      { rule: 'entirely-different', score: 1 },
    ];
    expect(lines(tuned(...overrides).warnings)).toEqual([
      'rules.overrides[0].rule changes nothing: no loaded rule or filter has the id or name "raed"; did you mean "read"?',
      'rules.overrides[1].rule[1] changes nothing: no loaded rule or filter has the id or name "Title of many"; the rule of that title is many',
      'rules.overrides[2].tag changes nothing: no rule that fires has the tag "attack.manx"; did you mean "attack.many"?',
      'rules.overrides[3].pack changes nothing: no rule of a pack "packs" is loaded; did you mean "pack"?',
      'rules.overrides[4].rule changes nothing: no loaded rule or filter has the id or name "entirely-different"',
    ]);
  });
});

describe('turned off', () => {
  test('a rule does not match any more, and is told with the reason', () => {
    const ruleSet = tuned({ rule: 'read', enabled: false });
    expect(hits(ruleSet, { verb: 'get' })).toEqual([]);
    expect(ruleSet.off).toEqual([
      {
        id: 'id-of-read',
        name: 'read',
        title: 'Title of read',
        source: 'pack/read.yml:1',
        why: 'rules.overrides[0]',
      },
    ]);
    expect(ruleSet.documents.map(({ head }) => head.name)).toContain('read');
    expect(ruleSet.warnings).toEqual([]);
  });

  test('a filter lets through what it took out', () => {
    const event = { verb: 'get', user: { username: 'ci' } };
    expect(hits(tuned(), event)).toEqual([]);
    expect(hits(tuned({ rule: 'known', enabled: false }), event)).toEqual(['id-of-read']);
    expect(off({ rule: 'known', enabled: false })).toEqual({ known: 'rules.overrides[0]' });
  });

  test('a correlation takes with it what only it counts', () => {
    expect(off({ rule: 'many', enabled: false })).toEqual({
      many: 'rules.overrides[0]',
      gone: 'only "Title of many" counts it, which is off',
    });
  });

  test('a rule takes with it what counts only it', () => {
    expect(off({ rule: 'gone', enabled: false })).toEqual({
      gone: 'rules.overrides[0]',
      many: 'it counts "Title of gone", which is off',
    });
  });

  test('a pack is off as a whole, until a later override names a rule', () => {
    expect(Object.keys(off({ pack: 'pack', enabled: false })).sort()).toEqual([
      'gone',
      'made',
      'many',
      'read',
      'tumbling',
    ]);
    const some = [
      { pack: 'pack', enabled: false },
      { rule: 'many', enabled: true },
    ];
    expect(tuned(...some).rules.map(({ id }) => id)).toEqual(['id-of-many', 'id-of-watched']);
    expect(hits(tuned(...some), { verb: 'delete' })).toEqual(['id-of-gone']);
  });

  test('a rule is on again by a later override', () => {
    expect(off({ rule: 'read', enabled: false }, { rule: 'read', enabled: true })).toEqual({});
  });

  test('one of two that a correlation counts, the other still counts', () => {
    const files = {
      'a.yml': [base('one', 'get'), base('two', 'list'), counts('both', 'one, two')].join('---\n'),
    };
    const ruleSet = goodWith(files, { overrides: [{ rule: 'two', enabled: false }] });
    expect(ruleSet.off.map(({ name }) => name)).toEqual(['two']);
    expect(ruleSet.rules).toMatchObject([{ id: 'id-of-both', inputs: ['id-of-one'] }]);
  });

  test('one of two that a temporal correlation wants takes all of it with it', () => {
    const correlation = counts('both', 'one, two', '', 'temporal').replace('  condition: {gte: 5}\n', '');
    const files = { 'a.yml': [base('one', 'get'), base('two', 'list'), correlation].join('---\n') };
    expect(offOf(files, { overrides: [{ rule: 'two', enabled: false }] })).toEqual({
      two: 'rules.overrides[0]',
      both: 'it counts "Title of two", which is off',
      one: 'only "Title of both" counts it, which is off',
    });
  });

  test('a correlation leaves alone what another counts, and what it says to generate', () => {
    const other = { ...FILES, 'b.yml': counts('other', 'gone') };
    expect(Object.keys(offOf(other, { overrides: [{ rule: 'many', enabled: false }] }))).toEqual(['many']);
    const generating = { 'a.yml': `${base('one', 'get')}---\n${counts('all', 'one')}generate: true\n` };
    expect(offOf(generating, { overrides: [{ rule: 'all', enabled: false }] })).toEqual({
      all: 'rules.overrides[0]',
    });
  });

  test('by its own file, a rule waits for an override', () => {
    const files = { 'a.yml': base('quiet', 'get', 'sidewatch: {enabled: false}\n') };
    expect(offOf(files, {})).toEqual({ quiet: 'sidewatch.enabled: false' });
    expect(offOf(files, { overrides: [{ rule: 'quiet', enabled: true }] })).toEqual({});
  });

  test('a rule is known to those that name it: filters, and result filters with a warning', () => {
    const block = { known: { verb: 'x' }, condition: 'not known' };
    const ruleSet = goodWith(FILES, {
      overrides: [{ rule: ['read', 'many'], enabled: false }],
      resultFilters: { many: block },
    });
    expect(lines(ruleSet.warnings)).toEqual(['rules.result_filters.many has no effect: this rule is off']);
  });
});

describe('profiles', () => {
  const options = (text: string, overrides: unknown[] = [], pack = 'pack') => ({
    profiles: [profile(text, pack)],
    overrides,
  });

  test('go before the overrides of the user', () => {
    const text = '# All of it.\n- {pack: pack, score: 3}\n- {rule: known, enabled: false}\n';
    const ruleSet = goodWith(FILES, options(text, [{ rule: 'read', score: 4 }]));
    const scores = Object.fromEntries(ruleSet.rules.map(({ id, risk }) => [id, risk.score]));
    expect(scores).toMatchObject({ 'id-of-many': 3, 'id-of-read': 4 });
    expect(ruleSet.off).toMatchObject([{ name: 'known', why: 'the profile quiet' }]);
  });

  test('for a pack that is not loaded change nothing, and warn once', () => {
    expect(
      lines(
        goodWith(FILES, options('- {pack: escu, score: 3}\n- {rule: x, score: 3}\n', [], 'escu')).warnings,
      ),
    ).toEqual(['rules.profiles quiet is for the pack escu, which is not loaded']);
  });

  test('tell their problems by file and line', () => {
    expect(
      faultsWith(
        FILES,
        options('- {pack: pack, score: 3}\n- rule: read\n  quiet: 1h\n- {pack: pack, scor: 3}\n'),
      ),
    ).toEqual([
      'rules/pack/profiles/quiet.yml:4 scor: is not a key here; did you mean "score"?',
      'rules/pack/profiles/quiet.yml:3 quiet: does not go with "Title of read": it fires for each event and has no windows',
    ]);
    expect(faultsWith(FILES, options('rule: read\n'))).toEqual([
      'rules/pack/profiles/quiet.yml:1 wants a list of overrides, has {"rule":"read"}',
    ]);
  });
});

describe('is refused: an override', () => {
  test.each([
    ['of nothing', { score: 1 }, ' wants one of rule, tag, pack, has none of them'],
    ['of two kinds', { rule: 'read', tag: 'x', score: 1 }, ' wants one of rule, tag, pack, has rule and tag'],
    ['that changes nothing', { rule: 'read' }, ' changes nothing; wants one of enabled, level, score'],
    ['that is no map', 'read', ' wants a map, has "read"'],
    [
      'with an unknown key',
      { rule: 'read', threshhold: 3 },
      '.threshhold is not a key here; did you mean "threshold"?',
    ],
    [
      'with an unknown level',
      { rule: 'read', level: 'hihg' },
      '.level wants one of informational, low, medium, high, critical, has "hihg"; did you mean "high"?',
    ],
    [
      'with a score below nothing',
      { rule: 'read', score: -1 },
      '.score wants a whole number of at least 0, has -1',
    ],
    ['with no length of time', { rule: 'many', timespan: 'soon' }, '.timespan wants a length of time'],
    [
      'with a grouping that there is not',
      { rule: 'many', group: { multivalue: 'all' } },
      '.group.multivalue wants one of each, first, last, joined, has "all"',
    ],
    ['of names that are none', { rule: [1], score: 1 }, '.rule[0] wants text, has 1'],
    [
      'with a threshold for a rule without a number',
      { rule: 'read', threshold: 3 },
      '.threshold does not go with "Title of read": it fires for each event and has no threshold',
    ],
    [
      'with a threshold that is no count',
      { rule: 'many', threshold: 0.5 },
      '.threshold does not go with "Title of many": wants a whole number of at least 1, has 0.5',
    ],
    [
      'with a timespan of nothing',
      { rule: 'many', timespan: '0s' },
      '.timespan does not go with "Title of many": wants more than nothing',
    ],
    [
      'with a timespan that no window holds',
      { rule: 'many', timespan: '11y' },
      '.timespan does not go with "Title of many": wants at most 10y',
    ],
    [
      'with a timespan for one event',
      { rule: 'read', timespan: '1h' },
      '.timespan does not go with "Title of read": it fires for each event and has no timespan',
    ],
    [
      'with quiet for tumbling windows',
      { rule: 'tumbling', quiet: '1h' },
      '.quiet does not go with "Title of tumbling": its windows are tumbling and fire once each',
    ],
    [
      'with quiet of nothing',
      { rule: 'many', quiet: '0s' },
      '.quiet does not go with "Title of many": wants more than nothing',
    ],
    [
      'with an offset for sliding windows',
      { rule: 'many', offset: '1m' },
      '.offset does not go with "Title of many": its windows are sliding and begin with a hit',
    ],
    [
      'with an offset of the timespan',
      { rule: 'tumbling', offset: '10m' },
      '.offset does not go with "Title of tumbling": the offset must be less than the timespan',
    ],
    [
      'with a timespan within the offset',
      { rule: 'tumbling', timespan: '5m' },
      '.timespan does not go with "Title of tumbling": the offset must be less than the timespan',
    ],
    [
      'with groups for one event',
      { rule: 'read', group: { missing: 'drop' } },
      '.group does not go with "Title of read": it fires for each event and has no groups',
    ],
    [
      'with a score for a rule that only counts',
      { rule: 'gone', score: 3 },
      '.score does not go with "Title of gone": it fires only for "Title of many"; change that',
    ],
    [
      'with a score for a filter',
      { rule: 'known', score: 3 },
      '.score does not go with "Known": a filter can only be turned off and on',
    ],
    [
      'of a tag whose rules all lack it',
      { tag: 'attack.read', quiet: '1h' },
      '.quiet does not go with "Title of read": it fires for each event and has no windows',
    ],
  ])('%s', (_, override, message) => {
    const [fault, ...others] = faults({ pack: 'pack', score: 1 }, override);
    expect(fault?.startsWith(`rules.overrides[1]${message}`), fault).toBe(true);
    expect(others).toEqual([]);
  });
});
