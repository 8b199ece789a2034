import { describe, expect, test } from 'vitest';
import { digest } from '../../../src/lib/digest.ts';
import { FACTS } from '../../../src/model/hit.ts';
import type { ResultRow } from '../../../src/model/rule.ts';
import { renderer } from '../../../src/risk/render.ts';
import { TestCounters } from '../../support/counters.ts';
import { TEN } from '../../support/events.ts';
import { aDetection, aRule, attribute, one, render } from './rendered.ts';

test('a risk event carries every row of the table', () => {
  const event = one(
    aDetection({
      count: 7,
      exact: true,
      cut: true,
      values: {
        userAgent: ['curl', 'Zgrab', 'é', 'a'],
        verb: ['list'],
        [FACTS.auditId]: ['id-2', 'id-1'],
        [FACTS.claimed]: ['9.9.9.9', '1.1.1.1'],
        [FACTS.client]: ['81.2.69.142'],
        [FACTS.countryCode]: ['GB'],
        [FACTS.country]: ['United Kingdom'],
        [FACTS.city]: ['London'],
        [FACTS.lat]: ['52'],
        [FACTS.lon]: ['-0.1278'],
        [FACTS.user]: ['system:anonymous'],
        [FACTS.agent]: ['curl'],
        [FACTS.method]: ['GET'],
        [FACTS.code]: ['403'],
        [FACTS.path]: ['/api/v1/pods'],
        [FACTS.verb]: ['list'],
        [FACTS.namespace]: ['prod'],
        [FACTS.resource]: ['pods'],
        [FACTS.subresource]: ['status'],
        [FACTS.object]: ['web-1'],
        [FACTS.apiGroup]: ['apps'],
        [FACTS.cluster]: ['prod'],
      },
      truncated: ['verb', FACTS.auditId],
    }),
  );
  const uid = digest(['d'.repeat(32), 'system', '81.2.69.142']);
  expect(event).toMatchObject({
    uid,
    name: 'sidewatch.risk',
    at: TEN,
    body: 'Kubernetes scanning from ip 81.2.69.142',
    score: 49,
    severity: 13,
    severityText: 'medium',
    resource: { 'service.name': 'sidewatch', 'k8s.cluster.name': 'prod' },
  });
  expect(event.attributes).toEqual({
    'log.record.uid': uid,
    'sidewatch.detection.id': 'd'.repeat(32),
    'security_rule.name': 'Kubernetes API scanning',
    'security_rule.uuid': '4f1c',
    'security_rule.ruleset.name': 'sidewatch',
    'security_rule.version': '2026-01-15',
    'security_rule.description': 'Many refused requests.',
    'security_rule.reference': 'https://example.org/one',
    'sidewatch.rule.level': 'medium',
    'sidewatch.rule.tags': ['attack.discovery', 'attack.t1046'],
    'sidewatch.rule.tactics': ['discovery'],
    'sidewatch.rule.techniques': ['T1046'],
    'sidewatch.rule.analytic_story': ['Kubernetes Security'],
    'sidewatch.count': 7,
    'sidewatch.count.exact': true,
    'sidewatch.first_seen': '2026-01-15T09:59:58.000001Z',
    'sidewatch.last_seen': '2026-01-15T10:00:00.000000Z',
    'sidewatch.window.start': '2026-01-15T09:00:00.000000Z',
    'sidewatch.window.end': '2026-01-15T10:00:00.000000Z',
    'sidewatch.window.cut': true,
    'sidewatch.group.client.address': '81.2.69.142',
    'sidewatch.group.k8s.cluster.name': 'prod',
    'sidewatch.values.userAgent': ['Zgrab', 'a', 'curl', 'é'],
    'sidewatch.values.verb': ['list'],
    'sidewatch.values.truncated': ['verb'],
    'sidewatch.audit_ids': ['id-2', 'id-1'],
    'sidewatch.client.claimed': ['1.1.1.1', '9.9.9.9'],
    'sidewatch.risk.score': 49,
    'sidewatch.risk.impact': 70,
    'sidewatch.risk.confidence': 70,
    'sidewatch.risk.object': '81.2.69.142',
    'sidewatch.risk.object.type': 'system',
    'sidewatch.risk.threat.object': '81.2.69.142',
    'sidewatch.risk.threat.object.type': 'ip_address',
    'client.address': '81.2.69.142',
    'client.geo.country.iso_code': 'GB',
    'client.geo.country.name': 'United Kingdom',
    'client.geo.locality.name': 'London',
    'client.geo.location.lat': 52,
    'client.geo.location.lon': -0.1278,
    'user.name': 'system:anonymous',
    'user_agent.original': 'curl',
    'http.request.method': 'GET',
    'http.response.status_code': 403,
    'url.path': '/api/v1/pods',
    'sidewatch.k8s.verb': 'list',
    'sidewatch.k8s.object.namespace': 'prod',
    'sidewatch.k8s.object.resource': 'pods',
    'sidewatch.k8s.object.subresource': 'status',
    'sidewatch.k8s.object.name': 'web-1',
    'sidewatch.k8s.object.api_group': 'apps',
  });
});

test('what a detection and its rule do not have is left out', () => {
  const event = one(
    aDetection({ group: { 'client.address': null, City: '' } }),
    aRule(
      { description: '', references: [], tags: [] },
      { objects: [], threats: [], collect: [], analyticStory: [] },
    ),
  );
  expect(event.uid).toBe(event.detection.id);
  expect(Object.keys(event.attributes).sort()).toEqual([
    'log.record.uid',
    'security_rule.name',
    'security_rule.ruleset.name',
    'security_rule.uuid',
    'security_rule.version',
    'sidewatch.count',
    'sidewatch.count.exact',
    'sidewatch.detection.id',
    'sidewatch.first_seen',
    'sidewatch.group.City',
    'sidewatch.last_seen',
    'sidewatch.risk.confidence',
    'sidewatch.risk.impact',
    'sidewatch.risk.score',
    'sidewatch.rule.level',
    'sidewatch.window.end',
    'sidewatch.window.start',
  ]);
});

test('an overflow detection says how many groups it stands for, and has no client, risk object, threat or score', () => {
  const event = one(
    aDetection({
      group: { 'client.address': null, 'k8s.cluster.name': null },
      overflow: { groups: 7, network: '192.0.2.0/24' },
      values: { userAgent: ['curl'], verb: ['get', 'list'], [FACTS.user]: ['system:anonymous'] },
    }),
  );
  expect(event).toMatchObject({
    uid: event.detection.id,
    name: 'sidewatch.overflow',
    body: 'Kubernetes scanning from ip unknown (overflow: at least 7 groups of 192.0.2.0/24 together)',
    severityText: 'medium',
    rank: { score: 0, level: 'medium' },
  });
  expect(event.score).toBeUndefined();
  expect(event.attributes).toMatchObject({
    'sidewatch.overflow': true,
    'sidewatch.overflow.groups': 7,
    'sidewatch.overflow.network': '192.0.2.0/24',
    'sidewatch.count': 6,
    'sidewatch.values.verb': ['get', 'list'],
    'user.name': 'system:anonymous',
  });
  expect(Object.keys(event.attributes).join()).not.toMatch(/sidewatch\.(risk|group)|client\./);
});

test('where the groups are of several networks, it names none', () => {
  const [event] = render(aDetection({ group: {}, overflow: { groups: 1 } }));
  expect(event!.body).toContain('(overflow: at least 1 group of several networks together)');
  expect(event!.attributes).not.toHaveProperty('sidewatch.overflow.network');
});

test.each([
  ['informational', 9],
  ['low', 12],
  ['medium', 13],
  ['high', 17],
  ['critical', 20],
] as const)('level %s is severity %i', (level, severity) => {
  const event = one(aDetection(), aRule({ level }));
  expect([event.severity, event.severityText]).toEqual([severity, level]);
});

describe('the value of a value_* rule', () => {
  test.each([
    [7, 7],
    [2.5, 2.5],
    [-(2 ** 53) + 1, -(2 ** 53) + 1],
    [2 ** 53, undefined],
    [1e300, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [undefined, undefined],
  ])('%j is sent as %j', (value, sent) => {
    expect(attribute('sidewatch.value', value === undefined ? {} : { value })).toBe(sent);
  });

  test('distinct values that were counted are shown though nothing collects them', () => {
    const rule = aRule({ kind: 'value_count', conditionFields: ['objectRef.name', 'verb'] });
    const detection = { values: { verb: ['get'], 'objectRef.name': ['b', 'a'] } };
    expect(attribute('sidewatch.values.objectRef.name', detection, rule)).toEqual(['a', 'b']);
    expect(attribute('sidewatch.values.verb', detection, rule)).toEqual(['get']);
    expect(attribute('sidewatch.values.objectRef.name', detection)).toBeUndefined();
  });
});

describe('a summary', () => {
  const events = render(
    aDetection({ kind: 'summary', id: 'e'.repeat(32), count: 42, exact: true, values: { verb: ['a', 'b'] } }),
    aRule({ level: 'critical' }, { objects: [{ field: 'verb', type: 'other' }] }),
  );

  test('is one INFO record without a score, under its own id', () => {
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      uid: 'e'.repeat(32),
      name: 'sidewatch.summary',
      severity: 9,
      severityText: 'informational',
      body: 'Kubernetes scanning from ip 81.2.69.142 (summary: 42 hits from 2026-01-15T09:59:58.000001Z to 2026-01-15T10:00:00.000000Z)',
    });
    expect(events[0]).not.toHaveProperty('score');
    expect(Object.keys(events[0]!.attributes).filter((name) => name.startsWith('sidewatch.risk'))).toEqual(
      [],
    );
    expect(events[0]!.attributes['sidewatch.count']).toBe(42);
  });

  test('names the detection that it completes', () => {
    const { attributes } = one(aDetection({ kind: 'summary', id: 'e'.repeat(32), of: 'd'.repeat(32) }));
    expect(attributes['log.record.uid']).toBe('e'.repeat(32));
    expect(attributes['sidewatch.detection.id']).toBe('d'.repeat(32));
  });

  test.each([
    [1, true, '1 hit '],
    [10_000, false, 'at least 10000 hits '],
  ])('writes %i (exact: %s) as "%s"', (count, exact, text) => {
    expect(one(aDetection({ kind: 'summary', count, exact })).body).toContain(`(summary: ${text}from `);
  });
});

describe('a result filter', () => {
  const filtered = (keep: (row: ResultRow) => boolean) =>
    aRule({ keep, rename: { 'client.address': 'src_ip', verb: 'action' } });

  test('sees group and collected fields by their renamed names', () => {
    let seen: ResultRow = {};
    const rule = filtered((row) => {
      seen = row;
      return true;
    });
    const values = { userAgent: ['curl'], verb: ['list', 'get'], other: ['x'], [FACTS.user]: ['u'] };
    const group = { 'client.address': '1.2.3.4', 'k8s.cluster.name': null };
    expect(render(aDetection({ values, group }), rule)).toHaveLength(1);
    expect(seen).toEqual({ count: 6, src_ip: '1.2.3.4', userAgent: 'curl', action: ['get', 'list'] });
  });

  test('that drops a detection leaves nothing, and is counted', () => {
    const mine = new TestCounters();
    const none = renderer([filtered((row) => row['src_ip'] !== '81.2.69.142')], {}, mine);
    expect(none(aDetection())).toEqual([]);
    expect(mine.of('detections_filtered', '4f1c')).toBe(1);
    expect([mine.of('detections'), mine.of('summaries')]).toEqual([0, 0]);
  });
});

test.each([
  [['true'], 10],
  [['true', ''], 49],
  [['', 'true'], 49],
  [[''], 49],
  [[], 49],
] as const)('hits of which %j were refused score %i where refused attempts score less', (refused, score) => {
  const rule = aRule({}, { refusedScore: 10 });
  const event = one(aDetection({ values: { [FACTS.refused]: refused } }), rule);
  expect([event.score, event.attributes['sidewatch.risk.score']]).toEqual([score, score]);
  expect(event.severityText).toBe(score === 10 ? 'informational' : 'medium');
});

test('detections and summaries are counted by rule, whatever the number of records', () => {
  const mine = new TestCounters();
  const count = renderer([aRule({}, { objects: [{ field: 'verb', type: 'other' }] })], {}, mine);
  count(aDetection({ values: { verb: ['a', 'b'] } }));
  count(aDetection({ kind: 'summary' }));
  expect([mine.of('detections', '4f1c'), mine.of('summaries', '4f1c')]).toEqual([1, 1]);
});

test('the same detection gives the same events', () => {
  const detection = aDetection({ values: { verb: ['b', 'a'] } });
  expect(render(detection)).toEqual(
    render({ ...detection, values: { verb: ['a', 'b'] } }).map((event) => ({
      ...event,
      detection,
    })),
  );
});

test('a rule that is not in force is a bug', () => {
  expect(() => render(aDetection({ rule: 'gone' }))).toThrow('gone');
});

test.each([
  ['', 'Kubernetes API scanning'],
  [' \n ', 'Kubernetes API scanning'],
  ['$verb$', 'Kubernetes API scanning'],
])('message %j leaves the title as the body', (message, body) => {
  expect(one(aDetection({ values: { verb: [''] } }), aRule({}, { message })).body).toBe(body);
});

test('a body is never empty', () => {
  expect(one(aDetection(), aRule({ title: '' }, { message: '' })).body).toBe('4f1c');
});

test('a hit whose time is only that of its arrival marks the risk event', () => {
  const marked = one(aDetection({ values: { [FACTS.fallback]: ['true'] } }));
  expect(marked.attributes['sidewatch.time.fallback']).toBe(true);
  expect(one(aDetection()).attributes).not.toHaveProperty(['sidewatch.time.fallback']);
});
