import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { IDENTITY_NEEDS, IDENTITY_VALUES_MAX, identify } from '../../../src/hits/identity.ts';
import { digest } from '../../../src/lib/digest.ts';
import type { Micros } from '../../../src/model/time.ts';
import { type AuditEvent, refused, TEN } from '../../support/events.ts';
import { turn } from '../enrich/turn.ts';

const plan = compilePlan(IDENTITY_NEEDS);
const identityOf = identify(plan);

function of(dedupe: 'request' | 'record' | 'none', event: AuditEvent, at: number = TEN) {
  return turn(event, plan, (reader) => identityOf(dedupe, reader, at as Micros));
}

const event = refused(TEN, ['198.51.100.7', '192.0.2.1']);
const stamps = [event['auditID'], event['requestReceivedTimestamp']];
const request = ['list', '/api/v1/pods', 'system:anonymous', ['198.51.100.7', '192.0.2.1']];

test('a request is what it is, not how it was logged', () => {
  expect(of('request', event)).toBe(digest([...stamps, ...request]));
});

test('of many addresses the last ones count, and how many there are', () => {
  const many = Array.from({ length: IDENTITY_VALUES_MAX + 5 }, (_, i) => `192.0.2.${i}`);
  const id = of('request', { ...event, sourceIPs: many });
  expect(id).toBe(
    digest([...stamps, ...request.slice(0, 3), [String(many.length), ...many.slice(-IDENTITY_VALUES_MAX)]]),
  );
  expect(of('request', { ...event, sourceIPs: many.slice(1) })).not.toBe(id);
});

test('a record is a request at a stage, a time and a code', () => {
  expect(of('record', event)).toBe(
    digest([...stamps, ...request, 'ResponseComplete', event['stageTimestamp'], '403']),
  );
});

test('without dedupe nothing is the same', () => {
  expect(of('none', event)).toBeNull();
});

test('two stages of one request are one request and two records', () => {
  const started = { ...event, stage: 'ResponseStarted', stageTimestamp: '2026-01-15T09:59:59.999500Z' };
  expect(of('request', started, TEN - 500)).toBe(of('request', event));
  expect(of('record', started, TEN - 500)).not.toBe(of('record', event));
});

test('a code written as text is the same code', () => {
  const text = { ...event, responseStatus: { code: '403' } };
  expect(of('record', text)).toBe(of('record', event));
});

test.each(['auditID', 'requestReceivedTimestamp'])('where %s is missing the event time joins', (field) => {
  const without = { ...event, [field]: null, stage: 'ResponseComplete' };
  const nulled = stamps.map((stamp) => (stamp === event[field] ? null : stamp));
  if (field === 'auditID') Object.assign(without, { kind: 'Event', apiVersion: 'audit.k8s.io/v1' });
  expect(of('request', without, 7)).toBe(digest([...nulled, ...request, 7]));
  expect(of('request', without, 8)).not.toBe(of('request', without, 7));
});

test('an empty Audit-ID identifies nothing: the event time joins', () => {
  expect(of('request', { ...event, auditID: '' }, 7)).not.toBe(of('request', { ...event, auditID: '' }, 8));
});

test('an empty value differs from a missing one', () => {
  const { requestURI: _, ...without } = event;
  expect(of('request', { ...event, requestURI: '' })).not.toBe(of('request', without));
});
