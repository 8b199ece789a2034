import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/lib/time-format.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { type Engine, engine } from '../support/engine.ts';
import { type AuditEvent, at, otlpBytes, refused, TEN } from '../support/events.ts';
import { end } from '../support/hits.ts';
import { SCANNING } from '../support/scanning.ts';

// The detections of the escu pack that look at single events: what they find in a real API server's log, and how many
// rows Splunk's searches make of one input. Scanning has its own vectors: parity.test.ts.

const captures = new URL('../captures/', import.meta.url);
/** By file, detections by title. Made by a second reading of Splunk's searches, not by this engine. */
const EXPECTED: Record<string, Record<string, number>> = JSON.parse(
  readFileSync(new URL('expected-escu.json', captures), 'utf8'),
);
const files = ['metadata', 'request-response'].flatMap((level) =>
  readdirSync(new URL(`${level}/`, captures)).map((name) => `${level}/${name}`),
);

/** Detections by title; scans, which are counted elsewhere, are left out. */
function rows(events: readonly RiskEvent[]): Record<string, number> {
  const detections = new Map(events.map((event) => [event.detection.id, event]));
  const found: Record<string, number> = {};
  for (const { detection, attributes } of detections.values()) {
    if (detection.rule === SCANNING.escu) continue;
    const title = String(attributes['security_rule.name']);
    found[title] = (found[title] ?? 0) + 1;
  }
  return found;
}

async function fired(run: Engine, events: readonly AuditEvent[]): Promise<readonly RiskEvent[]> {
  for (const event of events) await run.send([event], at(event['stageTimestamp']));
  await run.close(end);
  return run.fired();
}

describe('captures', () => {
  test('every file has its expectation', () => {
    expect([...files].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each(files)('%s', async (file) => {
    const bytes = readFileSync(new URL(file, captures));
    const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
    const last = Math.max(...lines.map((line) => at(JSON.parse(line).stageTimestamp))) as Micros;
    const run = await engine('rules: {packs: [escu]}');
    for (let i = 0; i < lines.length; i += 200)
      expect(await run.handle(otlpBytes(lines.slice(i, i + 200)), last)).toEqual({
        kind: 'accepted',
        rejected: 0,
      });
    await run.close(end);
    expect(rows(await run.fired())).toEqual(EXPECTED[file]);
  });
});

const AMSTERDAM = '198.51.100.1';
const LOCATION = 'Kubernetes Abuse of Secret by Unusual Location';
const AGENT = 'Kubernetes Abuse of Secret by Unusual User Agent';
const GROUP = 'Kubernetes Abuse of Secret by Unusual User Group';
const NAME = 'Kubernetes Abuse of Secret by Unusual User Name';
const DAEMONSET = 'Kubernetes DaemonSet Deployed';
const CRON_JOB = 'Kubernetes Cron Job Creation';
const MINUTE = minutes(1);

/** A request that was allowed, at `when`; `more` overrides top-level fields. */
const allowed = (more: AuditEvent, when: number = TEN): AuditEvent =>
  refused(when as Micros, [AMSTERDAM], {
    user: { username: 'bob@example.com', uid: 'u-bob', groups: ['developers', 'system:authenticated'] },
    responseStatus: { metadata: {}, code: 200 },
    ...more,
  });
const secret = (more: AuditEvent = {}, when?: number) =>
  allowed({ verb: 'get', objectRef: { resource: 'secrets', namespace: 'shop', name: 'key' }, ...more }, when);
const daemonset = (more: AuditEvent = {}, when?: number) =>
  allowed(
    { verb: 'create', objectRef: { resource: 'daemonsets', namespace: 'shop', name: 'miner' }, ...more },
    when,
  );

describe('how many rows', () => {
  const once = { auditID: 'one', requestReceivedTimestamp: '2026-01-15T10:00:00.000000Z' };
  const early = { ...once, stage: 'RequestReceived', responseStatus: undefined };
  const cronJob = (...images: string[]) =>
    allowed({
      verb: 'create',
      objectRef: { resource: 'cronjobs', namespace: 'shop', name: 'back' },
      requestObject: {
        spec: {
          jobTemplate: { spec: { template: { spec: { containers: images.map((image) => ({ image })) } } } },
        },
      },
    });

  test.each<[string, readonly AuditEvent[], Record<string, number>]>([
    [
      'a secret that is read: a row in each of the four',
      [secret()],
      { [LOCATION]: 1, [AGENT]: 1, [GROUP]: 1, [NAME]: 1 },
    ],
    [
      'the allowed user, group and agent are each looked at alone',
      [
        secret({ user: { username: 'admin', groups: ['system:authenticated'] } }),
        secret({ user: { username: 'bob', groups: ['ADMIN', 'developers'] } }),
        secret({ userAgent: 'Helm/3.13.2' }),
      ],
      { [LOCATION]: 3, [AGENT]: 2, [GROUP]: 2, [NAME]: 2 },
    ],
    [
      'a user who is not named at all: fillnull keeps the row',
      [secret({ user: {} })],
      { [LOCATION]: 1, [AGENT]: 1, [GROUP]: 1, [NAME]: 1 },
    ],
    [
      'one request at two stages: two rows, since the stage is part of the key',
      [secret(early), secret(once)],
      { [LOCATION]: 2, [AGENT]: 2, [GROUP]: 2, [NAME]: 2 },
    ],
    [
      'one record delivered three times: one row',
      Array.from({ length: 3 }, () => secret(once)),
      { [LOCATION]: 1, [AGENT]: 1, [GROUP]: 1, [NAME]: 1 },
    ],
    [
      'three groups and two addresses: one detection, where Splunk writes six rows',
      [secret({ user: { username: 'bob', groups: ['a', 'b', 'c'] }, sourceIPs: ['10.0.0.1', AMSTERDAM] })],
      { [LOCATION]: 1, [AGENT]: 1, [GROUP]: 1, [NAME]: 1 },
    ],
    [
      'a DaemonSet that is refused twenty times within the hour: one row, as in Splunk',
      Array.from({ length: 20 }, (_, i) => daemonset({ responseStatus: { code: 403 } }, TEN + i * MINUTE)),
      { [DAEMONSET]: 1 },
    ],
    ['the same over two hours: two', [daemonset(), daemonset({}, TEN + 65 * MINUTE)], { [DAEMONSET]: 2 }],
    [
      'what differs in one field of the key is a row of its own',
      [
        daemonset(),
        daemonset({ responseStatus: { code: 409 } }),
        daemonset({ userAgent: 'other' }),
        daemonset({ sourceIPs: ['192.0.2.1'] }),
        daemonset({ user: { username: 'eve' } }),
        daemonset({ objectRef: { resource: 'daemonsets', namespace: 'shop', name: 'other' } }),
        daemonset({ stage: 'RequestReceived' }),
      ],
      { [DAEMONSET]: 7 },
    ],
    [
      'what differs in no field of the key is not: the groups, the path, the Audit-ID',
      [
        daemonset(),
        daemonset({ user: { username: 'bob@example.com', groups: ['x'] }, requestURI: '/elsewhere' }),
      ],
      { [DAEMONSET]: 1 },
    ],
    [
      'two addresses: a row each, as in Splunk',
      [daemonset({ sourceIPs: ['10.0.0.1', AMSTERDAM] })],
      { [DAEMONSET]: 2 },
    ],
    ['a cron job with two images: a row each, as in Splunk', [cronJob('alpine', 'nginx')], { [CRON_JOB]: 2 }],
    ['a cron job whose object is not logged', [cronJob()], { [CRON_JOB]: 1 }],
  ])('%s', async (_, events, expected) => {
    expect(rows(await fired(await engine('rules: {packs: [escu]}'), events))).toEqual(expected);
  });
});

test('the risk event that Splunk would write for a row: score, message, objects, the fields of the row', async () => {
  const events = await fired(await engine('rules: {packs: [escu]}'), [secret()]);
  const location = events.find(({ attributes }) => attributes['security_rule.name'] === LOCATION);
  expect(location).toMatchObject({
    body: 'Access of Kubernetes secret key from unusual location Netherlands by bob@example.com',
    score: 49,
    at: TEN,
    attributes: {
      'sidewatch.risk.score': 49,
      'sidewatch.risk.impact': 70,
      'sidewatch.risk.confidence': 70,
      'sidewatch.risk.object': 'bob@example.com',
      'sidewatch.risk.object.type': 'user',
      'sidewatch.risk.threat.object': AMSTERDAM,
      'sidewatch.risk.threat.object.type': 'ip_address',
      'sidewatch.rule.techniques': ['T1552.007'],
      'sidewatch.rule.analytic_story': ['Kubernetes Security'],
      'sidewatch.values.objectRef.name': ['key'],
      'sidewatch.values.objectRef.namespace': ['shop'],
      'sidewatch.values.user.groups': ['developers', 'system:authenticated'],
      'sidewatch.values.user.uid': ['u-bob'],
      'sidewatch.values.sourceIPs.geo.country.name': ['Netherlands'],
      'sidewatch.values.sourceIPs.geo.locality.name': ['Amsterdam'],
    },
  });
});

test('the macros are lists: put your own in their place', async () => {
  const run = await engine(`
rules:
  packs: [escu]
  lists:
    kube_allowed_locations: [netherlands, Germany]
    kube_allowed_user_agents: [curl/*]
    kube_allowed_user_groups: []
    kube_allowed_user_names: ['*@example.com']
`);
  expect(rows(await fired(run, [secret()]))).toEqual({ [GROUP]: 1 });
});

test('the filter macro of a detection is a result filter over the row, with its renamed fields', async () => {
  const run = await engine(`
rules:
  packs: [escu]
  result_filters:
    escu_kubernetes_abuse_of_secret_by_unusual_location: {home: {Country: Netherlands}, condition: not home}
    escu_kubernetes_daemonset_deployed: {cd: {user: bob@example.com, src_ip|cidr: 198.51.100.0/24}, condition: not cd}
`);
  const found = rows(await fired(run, [secret(), daemonset(), daemonset({ user: { username: 'eve' } })]));
  expect(found).toEqual({ [AGENT]: 1, [GROUP]: 1, [NAME]: 1, [DAEMONSET]: 1 });
});

test('the profile escu-2026 scores 20 whatever was 49 or 25', async () => {
  const run = await engine('rules: {packs: [escu], profiles: [escu-2026]}');
  const scan = Array.from({ length: 6 }, (_, i) => refused((TEN + i * MINUTE) as Micros, [AMSTERDAM]));
  const events = await fired(run, [secret(), daemonset(), ...scan]);
  expect(new Set(events.map(({ attributes }) => attributes['security_rule.name'])).size).toBe(7);
  expect([...new Set(events.map(({ score }) => score))]).toEqual([20]);
});

test('of the two detections with one search only one is on; an override turns the other on in its place', async () => {
  const scan = Array.from({ length: 6 }, (_, i) => refused((TEN + i * MINUTE) as Micros, [AMSTERDAM]));
  const scans = (events: readonly RiskEvent[]) =>
    events
      .filter(({ body }) => body.startsWith('Kubernetes scanning'))
      .map(({ attributes }) => attributes['security_rule.name']);
  expect(scans(await fired(await engine('rules: {packs: [escu]}'), scan))).toEqual([
    'Kubernetes Access Scanning',
  ]);
  const run = await engine(`
rules:
  packs: [escu]
  overrides:
    - {rule: escu_kubernetes_access_scanning, enabled: false}
    - {rule: escu_kubernetes_scanning_by_unauthenticated_ip_address, enabled: true}
`);
  expect(scans(await fired(run, scan))).toEqual(['Kubernetes Scanning by Unauthenticated IP Address']);
});
