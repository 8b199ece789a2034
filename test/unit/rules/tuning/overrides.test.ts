import { describe, expect, test } from 'vitest';
import { minutes } from '../../../../src/lib/time-format.ts';
import { base, counts, FILES, rule, tuned } from '../tunable.ts';
import { faultsWith, goodWith, lines, profile } from '../tuned.ts';

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

  test('what the risk event says, and whom it is about', () => {
    const [field, type] = ['user.username', 'user'];
    const said = { message: 'read by $user.username$', objects: [{ field, type }] };
    expect(rule('read', { rule: 'read', ...said })!.risk).toMatchObject({ ...said, threats: [], score: 20 });
    const threats = [{ field: 'sourceIPs', type: 'ip_address' }];
    expect(rule('many', { rule: 'many', ...said }, { rule: 'many', threats })!.risk).toMatchObject({
      ...said,
      threats,
    });
    expect(rule('many', { rule: 'many', ...said }, { rule: 'many', objects: [] })!.risk.objects).toEqual([]);
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

  test('lateness and quiet of a pack, but for a rule that waits for silence', () => {
    const files = {
      'pack/a.yml': `${base('gone', 'delete')}---\n${counts('many', 'gone')}---\n${counts('silent', 'gone', '', 'event_count', '{lt: 1}')}`,
    };
    const change = { lateness: '30m', quiet: '20m' };
    const { rules } = goodWith(files, { overrides: [{ pack: 'pack', ...change }] });
    expect(rules.find(({ id }) => id === 'id-of-many')!.window).toMatchObject({
      quiet: minutes(20),
      lateness: minutes(30),
    });
    const why = 'it waits for silence and fires once, a timespan after the last event';
    expect(faultsWith(files, { overrides: [{ rule: 'silent', ...change }] })).toEqual(
      ['quiet', 'lateness'].map(
        (key) => `rules.overrides[0].${key} does not apply to "Title of silent": ${why}`,
      ),
    );
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
      'rules.overrides[0].threshold does not apply to "Title of many": gt 20 and lte 20 can never hold together',
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
      'rules.overrides[1].rule[1] changes nothing: no loaded rule or filter has the id or name "Title of many"; the rule with that title is many',
      'rules.overrides[2].tag changes nothing: no rule that fires has the tag "attack.manx"; did you mean "attack.many"?',
      'rules.overrides[3].pack changes nothing: no rule of a pack "packs" is loaded; did you mean "pack"?',
      'rules.overrides[4].rule changes nothing: no loaded rule or filter has the id or name "entirely-different"',
    ]);
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

  test('report their problems by file and line', () => {
    expect(
      faultsWith(
        FILES,
        options('- {pack: pack, score: 3}\n- rule: read\n  quiet: 1h\n- {pack: pack, scor: 3}\n'),
      ),
    ).toEqual([
      'rules/pack/profiles/quiet.yml:4 scor: is not a key here; did you mean "score"?',
      'rules/pack/profiles/quiet.yml:3 quiet: does not apply to "Title of read": it fires for each event and has no windows',
    ]);
    expect(faultsWith(FILES, options('rule: read\n'))).toEqual([
      'rules/pack/profiles/quiet.yml:1 wants a list of overrides, has a map',
    ]);
  });
});
