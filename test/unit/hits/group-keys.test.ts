import { describe, expect, test } from 'vitest';
import { TEXT_MAX } from '../../../src/hits/bounded-text.ts';
import type { Grouping } from '../../../src/model/rule.ts';
import { TestCounters } from '../../support/counters.ts';
import type { AuditEvent } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { from, grouping, hitsOf, inGroups, keys } from './made-hits.ts';

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
    const long = 'x'.repeat(TEXT_MAX);
    const [fits, one, two] = keys(['user.groups'], {}, inGroups([long, `${long}1`, `${long}2`])).map(
      ([key]) => key!,
    );
    expect(fits).toBe(long);
    expect(one).toHaveLength(TEXT_MAX);
    expect(two).toHaveLength(TEXT_MAX);
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
