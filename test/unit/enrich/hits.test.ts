import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { hitMaker, hitNeeds } from '../../../src/enrich/hits.ts';
import { GROUP_TEXT_MAX, VALUE_TEXT_MAX } from '../../../src/enrich/text.ts';
import { EVENT_VALUES_MAX } from '../../../src/enrich/values.ts';
import { networks } from '../../../src/lib/address.ts';
import { FACTS, type Hit } from '../../../src/model/hit.ts';
import type { Grouping, Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { type AuditEvent, refused, TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { kept } from '../audit/told.ts';
import { geo, turn } from './turn.ts';

interface Options {
  readonly trusted?: readonly string[];
  readonly ipv6Prefix?: number;
  readonly cluster?: string;
  readonly recordAt?: Micros;
  readonly base?: string;
  readonly counters?: TestCounters;
}

const ARRIVED = (TEN + 5_000_000) as Micros;

function hitsOf(rules: readonly Rule[], event: AuditEvent, options: Options = {}): readonly Hit[] {
  const plan = compilePlan([...DERIVE_NEEDS, ...hitNeeds(rules)]);
  const trusted = networks(options.trusted ?? []);
  const derived = derive({ geo, trusted }, plan);
  const maker = hitMaker(
    rules,
    plan,
    derived,
    { trusted, ipv6Prefix: options.ipv6Prefix ?? 64 },
    options.counters ?? new TestCounters(),
  );
  const { make } = maker;
  return turn(
    event,
    plan,
    (reader, about) => {
      const { recordAt } = options;
      return make(options.base ?? 'base', reader, recordAt ? { ...kept(about), recordAt } : about, ARRIVED);
    },
    options.cluster,
  );
}

function grouping(more: Partial<Grouping> = {}): Grouping {
  return { multivalue: 'each', repeats: false, place: 'own', missing: 'keep', ...more };
}

function keys(
  groupBy: readonly string[],
  group: Partial<Grouping>,
  event: AuditEvent,
  options: Options = {},
) {
  return hitsOf([aRule({ groupBy, group: grouping(group) })], event, options).map((hit) => hit.group);
}

const from = (...sourceIPs: string[]) => refused(TEN, sourceIPs);
const inGroups = (groups: unknown) => ({ ...from('192.0.2.1'), user: { username: 'eve', groups } });

describe('who counts an event', () => {
  const rules = [
    aRule({ id: 'one', inputs: ['base', 'other'] }),
    aRule({ id: 'two', inputs: ['base', 'base'] }),
    aRule({ id: 'three', inputs: ['other'] }),
  ];

  test('every rule that names the base rule, once', () => {
    expect(hitsOf(rules, from('192.0.2.1')).map(({ rule, input }) => [rule, input])).toEqual([
      ['one', 'base'],
      ['two', 'base'],
    ]);
  });

  test('nobody for a base rule that none names', () => {
    expect(hitsOf(rules, from('192.0.2.1'), { base: 'unheard' })).toEqual([]);
  });

  test('a hit says by which rule, from which record, and when it came', () => {
    const [hit] = hitsOf([aRule({ fingerprint: 'f' })], from('192.0.2.1'));
    expect(hit).toMatchObject({
      rule: 'rule',
      fingerprint: 'f',
      input: 'base',
      record: 0,
      at: TEN,
      arrived: ARRIVED,
    });
  });

  test('a rule without group fields has one group for all', () => {
    expect(keys([], { missing: 'drop' }, from('192.0.2.1'))).toEqual([[]]);
  });
});

describe('time', () => {
  const recordAt = (TEN + 1_000_000) as Micros;
  test.each([
    ['event', recordAt, TEN],
    ['record', recordAt, recordAt],
    ['record', undefined, TEN],
  ] as const)('time: %s with the record at %s gives %s', (time, record, at) => {
    const options = record === undefined ? {} : { recordAt: record };
    expect(hitsOf([aRule({ time })], from('192.0.2.1'), options)[0]?.at).toBe(at);
  });
});

describe('identity', () => {
  const rules = [
    aRule({ id: 'request', dedupe: 'request' }),
    aRule({ id: 'record', dedupe: 'record' }),
    aRule({ id: 'none', dedupe: 'none' }),
    aRule({ id: 'again', dedupe: 'request' }),
  ];

  test('goes by what the rule takes for the same, and not by the rule', () => {
    const [request, record, none, again] = hitsOf(rules, from('192.0.2.1')).map(({ identity }) => identity);
    expect(request).toMatch(/^[0-9a-f]{32}$/);
    expect(record).toMatch(/^[0-9a-f]{32}$/);
    expect(record).not.toBe(request);
    expect(none).toBeNull();
    expect(again).toBe(request);
  });

  test('is shared by the hits of one event in several groups', () => {
    const hits = hitsOf([aRule({ groupBy: ['user.groups'] })], inGroups(['a', 'b']));
    expect(hits.map(({ group }) => group)).toEqual([['a'], ['b']]);
    expect(new Set(hits.map(({ identity }) => identity)).size).toBe(1);
  });
});

describe('a field with several values', () => {
  const event = inGroups(['b', 'a', 'b', 'B']);

  test.each([
    ['each', false, [['b'], ['a'], ['B']]],
    ['each', true, [['b'], ['a'], ['b'], ['B']]],
    ['first', false, [['b']]],
    ['last', false, [['B']]],
    ['joined', false, [['b, a, b, B']]],
  ] as const)('multivalue: %s, repeats: %s', (multivalue, repeats, expected) => {
    expect(keys(['user.groups'], { multivalue, repeats }, event)).toEqual(expected);
  });

  test('nulls among the values are no values', () => {
    for (const [multivalue, expected] of [
      ['each', [['a'], ['']]],
      ['first', [['a']]],
      ['last', [['']]],
      ['joined', [['a, ']]],
    ] as const)
      expect(keys(['user.groups'], { multivalue }, inGroups([null, 'a', '', null]))).toEqual(expected);
  });

  test('numbers and booleans are text', () => {
    expect(keys(['user.groups'], {}, inGroups([403, 0.5, true]))).toEqual([['403'], ['0.5'], ['true']]);
  });

  test('several fields are crossed', () => {
    expect(
      keys(['user.groups', 'sourceIPs'], {}, { ...from('x', 'y'), user: { groups: ['a', 'b'] } }),
    ).toEqual([
      ...[
        ['a', 'x'],
        ['a', 'y'],
        ['b', 'x'],
        ['b', 'y'],
      ],
    ]);
  });

  test('with dedupe none, a value that stands twice gives two equal hits', () => {
    const rule = aRule({ groupBy: ['sourceIPs'], dedupe: 'none', group: grouping({ repeats: true }) });
    const [one, two, ...more] = hitsOf([rule], from('192.0.2.1', '192.0.2.1'));
    expect(more).toEqual([]);
    expect(one?.identity).toBeNull();
    expect(two).toEqual(one);
  });
});

describe('bounds of groups', () => {
  const many = Array.from({ length: 20 }, (_, i) => `g${i}`);

  test('the last 16 members of a field count, and the rest is counted', () => {
    const counters = new TestCounters();
    expect(keys(['user.groups'], {}, inGroups(many), { counters })).toEqual(many.slice(4).map((g) => [g]));
    expect(counters.of('group_members_cut')).toBe(4);
  });

  test('16 members are not cut', () => {
    const counters = new TestCounters();
    expect(keys(['user.groups'], {}, inGroups(many.slice(4)), { counters })).toHaveLength(16);
    expect(counters.of('group_members_cut')).toBe(0);
  });

  test('the last 16 combinations count, and the rest is counted', () => {
    const counters = new TestCounters();
    const event = { ...from('a', 'b', 'c'), user: { groups: many.slice(0, 10) } };
    const all = many.slice(0, 10).flatMap((group) => ['a', 'b', 'c'].map((ip) => [group, ip]));
    expect(keys(['user.groups', 'sourceIPs'], {}, event, { counters })).toEqual(all.slice(-16));
    expect(counters.of('group_members_cut')).toBe(30 - 16);
  });

  test('long values are cut and stay distinct', () => {
    const long = 'x'.repeat(GROUP_TEXT_MAX);
    const [fits, one, two] = keys(['user.groups'], {}, inGroups([long, `${long}1`, `${long}2`])).map(
      ([key]) => key!,
    );
    expect(fits).toBe(long);
    expect(one).toHaveLength(GROUP_TEXT_MAX);
    expect(two).toHaveLength(GROUP_TEXT_MAX);
    expect(one).not.toBe(two);
    expect(keys(['user.groups'], {}, inGroups([`${long}1`]))).toEqual([[one]]);
  });
});

describe('a missing group field', () => {
  const { userAgent: _, ...without } = from('192.0.2.1');

  test.each([
    ['absent', without],
    ['null', { ...without, userAgent: null }],
    ['an empty list', { ...without, userAgent: [] }],
    ['a list of nulls', { ...without, userAgent: [null] }],
    ['an object', { ...without, userAgent: { a: 1 } }],
  ])('%s is a null key, or drops the hit', (_, event) => {
    for (const multivalue of ['each', 'first', 'last', 'joined'] as const) {
      const counters = new TestCounters();
      expect(keys(['userAgent'], { multivalue, missing: 'keep' }, event, { counters })).toEqual([[null]]);
      expect(counters.of('group_missing_dropped')).toBe(0);
      expect(keys(['verb', 'userAgent'], { multivalue, missing: 'drop' }, event, { counters })).toEqual([]);
      expect(counters.of('group_missing_dropped', 'rule')).toBe(1);
    }
  });

  test('an empty string is a value', () => {
    expect(keys(['userAgent'], { missing: 'drop' }, { ...without, userAgent: '' })).toEqual([['']]);
  });

  test('the cluster is a field of the record', () => {
    expect(keys(['k8s.cluster.name'], {}, without)).toEqual([[null]]);
    expect(keys(['k8s.cluster.name'], {}, without, { cluster: 'prod' })).toEqual([['prod']]);
  });
});

describe('the client as a group', () => {
  test.each([
    ['IPv4 is exact', 64, '192.0.2.1', '192.0.2.1'],
    ['mapped IPv4 is IPv4', 64, '::ffff:192.0.2.1', '192.0.2.1'],
    ['IPv6 is folded to its network', 64, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['by the configured prefix', 48, '2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['which 128 turns off', 128, '2001:DB8::0:1', '2001:db8::1'],
    ['text is text', 64, 'fe80::1%eth0', 'fe80::1%eth0'],
  ])('%s', (_, ipv6Prefix, address, expected) => {
    expect(keys(['client.address'], {}, from('8.8.8.8', address), { ipv6Prefix })).toEqual([[expected]]);
  });

  test('sourceIPs stays as it is written', () => {
    expect(keys(['sourceIPs'], {}, from('2001:DB8::0:1', '::ffff:192.0.2.1'))).toEqual([
      ['2001:DB8::0:1'],
      ['::ffff:192.0.2.1'],
    ]);
  });

  test.each([
    ['203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:1::1', '2001:db8::/32'],
    ['fe80::1%eth0', ''],
    ['junk', ''],
  ])('%s pays from %j', (address, payer) => {
    expect(
      hitsOf([aRule({ groupBy: ['sourceIPs'] })], from('8.8.8.8', address)).map((hit) => hit.payer),
    ).toEqual([payer, payer]);
  });

  test('an unknown client pays from nowhere', () => {
    expect(hitsOf([aRule({ groupBy: [] })], from())[0]?.payer).toBe('');
  });
});

describe('the place of a member of sourceIPs', () => {
  const by = ['sourceIPs', 'sourceIPs.geo.country.iso_code', 'sourceIPs.geo.locality.name'];
  const two = from('203.0.113.1', '203.0.113.2');
  const mixed = from('203.0.113.1', '10.0.0.1');
  const [london, berlin] = [
    ['GB', 'London'],
    ['DE', 'Berlin'],
  ] as const;

  test.each([
    [
      'own: each with its own, not crossed',
      { place: 'own' },
      two,
      [
        ['203.0.113.1', ...london],
        ['203.0.113.2', ...berlin],
      ],
    ],
    [
      'own: a private one has none',
      { place: 'own' },
      mixed,
      [
        ['203.0.113.1', ...london],
        ['10.0.0.1', null, null],
      ],
    ],
    ['own: without a place dropped', { place: 'own', missing: 'drop' }, mixed, [['203.0.113.1', ...london]]],
    [
      'first: that of the first for all',
      { place: 'first' },
      two,
      [
        ['203.0.113.1', ...london],
        ['203.0.113.2', ...london],
      ],
    ],
    [
      'first: all dropped where it has none',
      { place: 'first', missing: 'drop' },
      from('10.0.0.1', '203.0.113.1'),
      [],
    ],
    [
      "none: nobody's where there are several",
      { place: 'none' },
      two,
      [
        ['203.0.113.1', null, null],
        ['203.0.113.2', null, null],
      ],
    ],
    ['none: its own where it is alone', { place: 'none' }, from('203.0.113.1'), [['203.0.113.1', ...london]]],
    [
      'a located one without a city has an empty one',
      { missing: 'drop' },
      from('203.0.113.3'),
      [['203.0.113.3', 'FR', '']],
    ],
    ['multivalue first', { multivalue: 'first' }, two, [['203.0.113.1', ...london]]],
    ['multivalue last', { multivalue: 'last' }, two, [['203.0.113.2', ...berlin]]],
    [
      'multivalue last, place first',
      { multivalue: 'last', place: 'first' },
      two,
      [['203.0.113.2', ...london]],
    ],
    [
      'multivalue joined',
      { multivalue: 'joined' },
      two,
      [['203.0.113.1, 203.0.113.2', 'GB, DE', 'London, Berlin']],
    ],
    [
      'the same address twice',
      { repeats: true },
      from('203.0.113.1', '203.0.113.1'),
      [
        ['203.0.113.1', ...london],
        ['203.0.113.1', ...london],
      ],
    ],
    ['no address at all', {}, from(), [[null, null, null]]],
  ] as [string, Partial<Grouping>, AuditEvent, (string | null)[][]][])('%s', (_, group, event, expected) => {
    expect(keys(by, group, event)).toEqual(expected);
  });

  test('dropped members are counted', () => {
    const counters = new TestCounters();
    keys(by, { missing: 'drop' }, from('10.0.0.1', '203.0.113.1', '10.0.0.2'), { counters });
    expect(counters.of('group_missing_dropped', 'rule')).toBe(2);
  });

  test('the place of the first of all members holds though only the last 16 count', () => {
    const event = from('203.0.113.1', ...Array.from({ length: 16 }, (_, i) => `10.0.0.${i}`));
    expect(new Set(keys(by, { place: 'first' }, event).map(([, country]) => country))).toEqual(
      new Set(['GB']),
    );
  });

  test('two members of one country are one key of that country', () => {
    const event = from('203.0.113.1', '203.0.113.11');
    expect(keys(['sourceIPs.geo.country.iso_code'], {}, event)).toEqual([['GB']]);
    expect(keys(['sourceIPs.geo.country.iso_code'], { repeats: true }, event)).toEqual([['GB'], ['GB']]);
  });

  test('the order of group fields does not matter to the pairing', () => {
    expect(keys(['sourceIPs.geo.country.iso_code', 'verb', 'sourceIPs'], {}, two)).toEqual([
      ['GB', 'list', '203.0.113.1'],
      ['DE', 'list', '203.0.113.2'],
    ]);
  });
});

describe('values', () => {
  const rule = (collect: readonly string[], more: Partial<Rule> = {}) =>
    aRule({ groupBy: [], ...more, risk: { ...aRule().risk, message: 'scan', collect, ...more.risk } });
  const valuesOf = (rule: Rule, event: AuditEvent, options?: Options) =>
    hitsOf([rule], event, options)[0]!.values;

  test('collected fields are distinct text without nulls; what has none is left out', () => {
    const event = {
      ...inGroups(['b', 'a', null, 'b']),
      responseStatus: { code: 403 },
      objectRef: { name: null },
    };
    expect(
      valuesOf(rule(['user.groups', 'responseStatus.code', 'objectRef.name', 'objectRef']), event),
    ).toMatchObject({
      'user.groups': ['b', 'a'],
      'responseStatus.code': ['403'],
    });
    const held = Object.keys(valuesOf(rule(['objectRef.name', 'objectRef', 'nothing']), event));
    expect(held.filter((field) => !field.startsWith('@'))).toEqual([]);
  });

  test('an empty string is a value', () => {
    expect(valuesOf(rule(['userAgent']), { ...from('192.0.2.1'), userAgent: '' })['userAgent']).toEqual(['']);
  });

  test('group fields, risk objects, threats, counted fields and those that the message names are carried too', () => {
    const named = aRule({
      groupBy: ['verb'],
      conditionFields: ['requestURI'],
      rename: { 'user.username': 'user', sourceIPs: 'src_ip', userAgent: 'agent' },
      risk: {
        score: 49,
        message: 'by $src_ip$ in $level$ with $agent$',
        objects: [{ field: 'user', type: 'user' }],
        threats: [{ field: 'stage', type: 'other' }],
        collect: [],
        analyticStory: [],
      },
    });
    expect(valuesOf(named, from('8.8.8.8', '192.0.2.1'))).toMatchObject({
      verb: ['list'],
      requestURI: ['/api/v1/pods'],
      'user.username': ['system:anonymous'],
      sourceIPs: ['8.8.8.8', '192.0.2.1'],
      level: ['Metadata'],
      userAgent: ['curl/8.5.0'],
      stage: ['ResponseComplete'],
    });
  });

  test('a client is carried exactly though its group is a network', () => {
    const [hit] = hitsOf([rule([], { groupBy: ['client.address'] })], from('2001:db8::1'));
    expect(hit?.group).toEqual(['2001:db8::/64']);
    expect(hit?.values['client.address']).toEqual(['2001:db8::1']);
  });

  test('what is counted or carried for another rule stays as distinct as a group: networks, and long text by its digest', () => {
    const long = (end: string) => `/${'a'.repeat(5000)}${end}`;
    const seen = (more: Partial<Rule>, uri: string) =>
      valuesOf(rule(['requestURI'], more), { ...from('2001:db8::1'), requestURI: uri });
    for (const more of [{ conditionFields: ['requestURI'] }, { carry: ['requestURI'] }])
      expect(seen(more, long('1'))['requestURI']).not.toEqual(seen(more, long('2'))['requestURI']);
    expect(seen({}, long('1'))['requestURI']).toEqual(seen({}, long('2'))['requestURI']);
    for (const more of [{ conditionFields: ['client.address'] }, { carry: ['client.address'] }])
      expect(seen(more, '/')['client.address']).toEqual(['2001:db8::/64']);
  });

  test('carried fields are asked for and held, beside the own ones', () => {
    const carrying = aRule({ groupBy: ['verb'], carry: ['user.username', 'client.claimed'] });
    expect(hitNeeds([carrying]).map(({ path }) => path)).toContain('user.username');
    expect(valuesOf(carrying, from('8.8.8.8', '192.0.2.1'))).toMatchObject({
      verb: ['list'],
      'user.username': ['system:anonymous'],
      'client.claimed': ['8.8.8.8'],
    });
  });

  test('places are those of the member in hand', () => {
    const country = 'sourceIPs.geo.country.name';
    const event = from('203.0.113.1', '10.0.0.1', '203.0.113.2');
    const carried = (groupBy: readonly string[], more: Partial<Grouping> = {}) =>
      hitsOf([rule([country], { groupBy, group: grouping(more) })], event).map(
        ({ values }) => values[country],
      );
    expect(carried(['sourceIPs'])).toEqual([['United Kingdom'], undefined, ['Germany']]);
    expect(carried(['sourceIPs'], { place: 'first' })).toEqual(Array(3).fill(['United Kingdom']));
    expect(carried(['sourceIPs'], { place: 'none' })).toEqual([undefined, undefined, undefined]);
    expect(carried(['sourceIPs'], { multivalue: 'last' })).toEqual([['Germany']]);
    expect(carried(['verb'])).toEqual([['United Kingdom', 'Germany']]);
  });

  test('long values are cut', () => {
    const long = 'x'.repeat(VALUE_TEXT_MAX);
    const cut = `${'x'.repeat(VALUE_TEXT_MAX - 1)}…`;
    expect(valuesOf(rule(['user.groups']), inGroups([long, `${long}1`, `${long}2`]))['user.groups']).toEqual([
      long,
      cut,
    ]);
  });

  test('a cut never leaves half a character', () => {
    const text = valuesOf(rule(['user.groups']), inGroups(['😀'.repeat(VALUE_TEXT_MAX)]))['user.groups']![0]!;
    expect(text.isWellFormed()).toBe(true);
  });

  test('the last values of a long list are carried, and the rest is counted', () => {
    const counters = new TestCounters();
    const all = Array.from({ length: EVENT_VALUES_MAX + 3 }, (_, i) => `g${i}`);
    const values = valuesOf(rule(['user.groups']), inGroups(all), { counters });
    expect(values['user.groups']).toEqual(all.slice(3));
    expect(counters.of('values_cut', 'rule')).toBe(3);
  });
});

describe('facts', () => {
  const factsOf = (event: AuditEvent, options?: Options, more: Partial<Rule> = {}) =>
    Object.fromEntries(
      Object.entries(hitsOf([aRule({ groupBy: [], ...more })], event, options)[0]!.values).filter(([name]) =>
        name.startsWith('@'),
      ),
    );

  test('tell the client, its place, and the request', () => {
    const event: AuditEvent = {
      ...from('8.8.8.8', '203.0.113.2', '10.0.0.1'),
      requestURI: '/api/v1/pods?limit=500&continue=a?b',
    };
    expect(factsOf(event, { trusted: ['10.0.0.0/8'], cluster: 'prod' })).toEqual({
      [FACTS.auditId]: [event['auditID']],
      [FACTS.claimed]: ['8.8.8.8'],
      [FACTS.client]: ['203.0.113.2'],
      [FACTS.countryCode]: ['DE'],
      [FACTS.country]: ['Germany'],
      [FACTS.city]: ['Berlin'],
      [FACTS.lat]: ['52'],
      [FACTS.lon]: ['13.25'],
      [FACTS.user]: ['system:anonymous'],
      [FACTS.agent]: ['curl/8.5.0'],
      [FACTS.verb]: ['list'],
      [FACTS.code]: ['403'],
      [FACTS.path]: ['/api/v1/pods'],
      [FACTS.cluster]: ['prod'],
    });
  });

  test('what is not known is told as empty, so that it agrees with nothing; lists are left out', () => {
    const { auditId, claimed, ...single } = FACTS;
    const facts = factsOf({ auditID: 'a', stage: 'ResponseStarted', user: {} });
    expect(facts[auditId]).toEqual(['a']);
    expect(facts[claimed]).toBeUndefined();
    for (const fact of Object.values(single)) expect(facts[fact]).toEqual(['']);
  });

  test('an address without a place has an address only', () => {
    const facts = factsOf(from('10.0.0.1'));
    expect(facts[FACTS.client]).toEqual(['10.0.0.1']);
    expect(facts[FACTS.country]).toEqual(['']);
  });

  test('are about the trusted client, in a rule that groups by every address too', () => {
    const hits = hitsOf([aRule({ groupBy: ['sourceIPs'] })], from('203.0.113.1', '203.0.113.2'));
    expect(hits.map(({ values }) => values[FACTS.client])).toEqual([['203.0.113.2'], ['203.0.113.2']]);
    expect(hits.map(({ values }) => values[FACTS.countryCode])).toEqual([['DE'], ['DE']]);
  });

  test('claims are distinct and bounded in length', () => {
    const junk = 'j'.repeat(5000);
    const claimed = factsOf(from('8.8.8.8', '8.8.8.8', junk, '192.0.2.1'))[FACTS.claimed]!;
    expect(claimed.map((text) => text.length)).toEqual([7, VALUE_TEXT_MAX]);
  });
});

describe('an alias', () => {
  const impersonation = {
    ...from('192.0.2.1'),
    user: { username: 'alice' },
    impersonatedUser: { username: 'bob', groups: ['dev', 'ops'] },
  };
  const aliased = (more: Partial<Rule> = {}) =>
    aRule({
      inputs: ['base', 'other'],
      groupBy: ['who'],
      aliases: { who: { base: 'user.username', other: 'impersonatedUser.username' } },
      risk: { ...aRule().risk, message: 'by $who$', collect: [] },
      ...more,
    });
  const ownValues = ([hit]: readonly Hit[]) =>
    Object.fromEntries(Object.entries(hit!.values).filter(([name]) => !name.startsWith('@')));

  test.each([
    ['base', 'alice'],
    ['other', 'bob'],
  ])('is in hits of %s the field that the rule says: %s', (base, who) => {
    const hits = hitsOf([aliased()], impersonation, { base });
    expect(hits.map(({ group, input }) => [group, input])).toEqual([[[who], base]]);
    expect(ownValues(hits)).toEqual({ who: [who] });
  });

  test('asks for those fields and not for its own name', () => {
    const paths = hitNeeds([aliased()]).map(({ path }) => path);
    expect(paths).toContain('impersonatedUser.username');
    expect(paths).not.toContain('who');
  });

  test('goes before a field of its name, in values too', () => {
    const verb = aliased({
      groupBy: ['verb'],
      conditionFields: ['verb'],
      aliases: { verb: { base: 'stage', other: 'level' } },
    });
    expect(ownValues(hitsOf([verb], impersonation))).toMatchObject({ verb: ['ResponseComplete'] });
    expect(hitsOf([verb], impersonation, { base: 'other' })[0]?.group).toEqual(['Metadata']);
  });

  test('may have several values, the places of addresses, or a client that is folded', () => {
    const fields = { base: 'impersonatedUser.groups', other: 'client.address' };
    const both = aliased({ aliases: { who: fields } });
    expect(hitsOf([both], impersonation).map(({ group }) => group)).toEqual([['dev'], ['ops']]);
    expect(hitsOf([both], from('2001:db8::1'), { base: 'other' })[0]?.group).toEqual(['2001:db8::/64']);
    const placed = aliased({
      groupBy: ['ip', 'land'],
      aliases: { ip: { base: 'sourceIPs' }, land: { base: 'sourceIPs.geo.country.iso_code' } },
    });
    expect(hitsOf([placed], from('203.0.113.1', '203.0.113.2')).map(({ group }) => group)).toEqual([
      ['203.0.113.1', 'GB'],
      ['203.0.113.2', 'DE'],
    ]);
  });

  test('may be called like what every object has', () => {
    const odd = aliased({ groupBy: ['constructor'], aliases: { constructor: { base: 'verb' } } as never });
    expect(hitsOf([odd], impersonation)[0]?.group).toEqual(['list']);
    expect(hitsOf([aliased({ groupBy: ['toString'], aliases: {} })], impersonation)[0]?.group).toEqual([
      null,
    ]);
  });
});

describe('a rule that counts the detections of another', () => {
  const inner = aRule({ id: 'inner', inputs: ['base'], groupBy: ['verb'] });
  const outer = aRule({ id: 'outer', inputs: ['inner', 'base'], groupBy: ['userAgent'] });

  test('has hits of base rules alone from events', () => {
    const made = hitsOf([outer, inner], from('192.0.2.1'));
    expect(made.map(({ rule, input }) => [rule, input])).toEqual([
      ['outer', 'base'],
      ['inner', 'base'],
    ]);
    expect(hitsOf([outer, inner], from('192.0.2.1'), { base: 'inner' })).toEqual([]);
  });

  test('asks events for nothing where it counts no base rule', () => {
    const chained = aRule({ id: 'outer', inputs: ['inner'], groupBy: ['objectRef.uid'] });
    expect(hitNeeds([chained, inner]).map(({ path }) => path)).not.toContain('objectRef.uid');
  });

  test('but a base rule that fires by itself too stays one', () => {
    const fires = aRule({ id: 'base', kind: 'match', inputs: ['base'], groupBy: [] });
    expect(hitsOf([outer, inner, fires], from('192.0.2.1')).map(({ rule }) => rule)).toEqual([
      'outer',
      'inner',
      'base',
    ]);
  });
});

describe('needs', () => {
  test('what a rule names is asked for by its own name, once; derived fields are not', () => {
    const rule = aRule({
      groupBy: ['client.address', 'k8s.cluster.name', 'sourceIPs.geo.country.name'],
      rename: { 'user.username': 'user' },
      risk: {
        score: 49,
        message: 'by $user$ at $client.geo.locality.name$ on $resource.host.name$',
        objects: [{ field: 'user', type: 'user' }],
        threats: [{ field: 'objectRef.name', type: 'other' }],
        collect: ['verb', 'annotations.authorization.k8s.io/reason'],
        analyticStory: [],
      },
    });
    const paths = hitNeeds([rule, rule]).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.sort()).toEqual(
      [
        ...['auditID', 'requestReceivedTimestamp', 'verb', 'requestURI', 'user.username', 'sourceIPs'],
        ...['stage', 'stageTimestamp', 'responseStatus.code', 'userAgent', 'k8s.cluster.name'],
        ...['resource.host.name', 'objectRef.name', 'annotations.authorization.k8s.io/reason'],
      ].sort(),
    );
  });
});
