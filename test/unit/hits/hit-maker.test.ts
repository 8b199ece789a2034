import { describe, expect, test } from 'vitest';
import { hitNeeds } from '../../../src/hits/hit-maker.ts';
import type { Hit } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { ARRIVED, from, hitsOf, inGroups, keys } from './made-hits.ts';

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
      at: TEN - 800,
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
    // When the request was received, 0.8 ms before its stage.
    ['event', recordAt, TEN - 800],
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
        ...[
          'resource.host.name',
          'objectRef.name',
          'objectRef.namespace',
          'objectRef.resource',
          'objectRef.apiGroup',
          'objectRef.subresource',
          'annotations.authorization.k8s.io/reason',
        ],
      ].sort(),
    );
  });
});
