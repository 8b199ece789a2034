import { describe, expect, test } from 'vitest';
import { TEXT_MAX } from '../../../src/hits/bounded-text.ts';
import { EVENT_VALUES_MAX } from '../../../src/hits/field-values.ts';
import { hitNeeds } from '../../../src/hits/hit-maker.ts';
import { FACTS } from '../../../src/model/hit.ts';
import type { Grouping, Rule } from '../../../src/model/rule.ts';
import { TestCounters } from '../../support/counters.ts';
import type { AuditEvent } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { from, grouping, hitsOf, inGroups, type Options } from './made-hits.ts';

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
    for (const more of [{}, { conditionFields: ['requestURI'] }, { carry: ['requestURI'] }])
      expect(seen(more, long('1'))['requestURI']).not.toEqual(seen(more, long('2'))['requestURI']);
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

  test('long values are cut, stay distinct, and their field is named', () => {
    const long = 'x'.repeat(TEXT_MAX);
    const of = (...groups: readonly string[]) => valuesOf(rule(['user.groups', 'verb']), inGroups(groups));
    const cut = expect.stringMatching(/^x{2015}…[0-9a-f]{32}$/);
    const values = of(long, `${long}1`, `${long}2`);
    expect(values['user.groups']).toEqual([long, cut, cut]);
    expect(values['@cut']).toEqual(['user.groups']);
    expect(of(long)['@cut']).toBeUndefined();
  });

  test('a cut never leaves half a character', () => {
    const text = valuesOf(rule(['user.groups']), inGroups(['😀'.repeat(TEXT_MAX)]))['user.groups']![0]!;
    expect(text.isWellFormed()).toBe(true);
  });

  test('the last values of a long list are carried, and the rest is counted', () => {
    const counters = new TestCounters();
    const all = Array.from({ length: EVENT_VALUES_MAX + 3 }, (_, i) => `g${i}`);
    const values = valuesOf(rule(['user.groups']), inGroups(all), { counters });
    expect(values['user.groups']).toEqual(all.slice(3));
    expect(counters.of('values_cut', 'rule')).toBe(3);
    expect(values['@cut']).toEqual(['user.groups']);
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
      [FACTS.method]: ['GET'],
      [FACTS.code]: ['403'],
      [FACTS.refused]: ['true'],
      [FACTS.path]: ['/api/v1/pods'],
      [FACTS.verb]: ['list'],
      [FACTS.namespace]: [''],
      [FACTS.resource]: ['pods'],
      [FACTS.subresource]: [''],
      [FACTS.object]: [''],
      [FACTS.apiGroup]: [''],
      [FACTS.cluster]: ['prod'],
    });
  });

  test.each([
    ['get', 'GET'],
    ['list', 'GET'],
    ['watch', 'GET'],
    ['create', 'POST'],
    ['update', 'PUT'],
    ['patch', 'PATCH'],
    ['delete', 'DELETE'],
    ['deletecollection', 'DELETE'],
    ['proxy', ''],
    ['constructor', ''],
  ])('verb %s is method %j', (verb, method) => {
    expect(factsOf({ ...from('192.0.2.1'), verb })[FACTS.method]).toEqual([method]);
  });

  test('what is not known is told as empty, so that it agrees with nothing; lists are left out', () => {
    const { auditId, claimed, cut, seconds, fallback, ...single } = FACTS;
    const facts = factsOf({ auditID: 'a', stage: 'ResponseStarted', user: {} });
    expect(facts[auditId]).toEqual(['a']);
    expect([facts[claimed], facts[cut], facts[seconds]]).toEqual([undefined, undefined, undefined]);
    // This event has no time of its own.
    expect(facts[fallback]).toEqual(['true']);
    for (const fact of Object.values(single)) expect(facts[fact]).toEqual(['']);
  });

  test.each([
    [400, 'true'],
    [401, 'true'],
    [403, 'true'],
    [404, 'true'],
    [409, 'true'],
    [422, 'true'],
    [500, 'true'],
    [503, 'true'],
    [504, ''],
    [399, ''],
    [200, ''],
    [101, ''],
    [0, ''],
    [undefined, ''],
    ['junk', ''],
  ])('an answer of %j: refused is %j', (code, refused) => {
    expect(factsOf({ ...from('192.0.2.1'), responseStatus: { code } })[FACTS.refused]).toEqual([refused]);
  });

  test.each([
    ['ResponseComplete', '2026-01-15T10:00:01.000000Z', '1'],
    ['ResponseComplete', '2026-01-15T13:00:00.900000Z', '10800'],
    ['Panic', '2026-01-15T10:00:02.000000Z', '2'],
    ['ResponseComplete', '2026-01-15T10:00:00.999999Z', undefined],
    ['ResponseComplete', '2026-01-15T09:00:00.000000Z', undefined],
    ['ResponseStarted', '2026-01-15T10:00:05.000000Z', undefined],
    ['ResponseComplete', undefined, undefined],
  ])('%s at %s, received at ten: lasted %j seconds', (stage, stageTimestamp, seconds) => {
    const event = { ...from('192.0.2.1'), requestReceivedTimestamp: '2026-01-15T10:00:00.000000Z' };
    expect(factsOf({ ...event, stage, stageTimestamp })[FACTS.seconds]?.[0]).toBe(seconds);
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
    expect(claimed.map((text) => text.length)).toEqual([7, TEXT_MAX]);
  });
});
