import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../../src/lib/time-format.ts';
import type { Span } from '../../../../src/model/time.ts';
import { testEvents } from '../../../../src/rules/tests/test-events.ts';
import type { TestStep } from '../../../../src/rules/tests/test-file.ts';

const step = (event: TestStep['event'], more: Partial<TestStep> = {}): TestStep => ({
  event,
  repeat: 1,
  every: undefined,
  after: undefined,
  ...more,
});
const one = (event: TestStep['event'], template = {}) => testEvents(template, [step(event)])[0]!;
const times = (steps: readonly TestStep[]) =>
  testEvents({}, steps).map(({ stageTimestamp }) => String(stageTimestamp).slice(11, 19));
const tenSeconds = (seconds(10) * 1000) as Span;

describe('an event of a test', () => {
  test('has what every event has', () => {
    expect(one({})).toEqual({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: '00000000-0000-4000-8000-000000000001',
      stage: 'ResponseComplete',
      annotations: { 'authorization.k8s.io/decision': 'allow' },
      requestReceivedTimestamp: '2026-01-15T10:00:00.000000Z',
      stageTimestamp: '2026-01-15T10:00:00.000000Z',
    });
  });

  test('lies over the template: maps are merged, lists are replaced, null removes', () => {
    const template = {
      user: { username: 'a', groups: ['x', 'y'], uid: '1' },
      verb: 'get',
      level: 'Metadata',
    };
    expect(one({ user: { groups: ['z'], uid: null }, verb: null }, template)).toMatchObject({
      user: { username: 'a', groups: ['z'] },
      level: 'Metadata',
    });
    const { user, ...rest } = one({ user: { uid: null }, verb: null, kind: null }, template);
    expect(user).not.toHaveProperty('uid');
    expect(rest).not.toHaveProperty('verb');
    expect(rest).not.toHaveProperty('kind');
  });

  test('a null within a list stays', () => {
    expect(one({ sourceIPs: [null] })).toMatchObject({ sourceIPs: [null] });
  });

  test('was forbidden where its code is 403, and keeps other annotations', () => {
    expect(one({ responseStatus: { code: 403 }, annotations: { other: 'x' } })['annotations']).toEqual({
      'authorization.k8s.io/decision': 'forbid',
      other: 'x',
    });
  });

  test('an annotation that is given stands', () => {
    expect(one({ annotations: { 'authorization.k8s.io/decision': null } })['annotations']).toEqual({});
  });

  test.each([
    [
      { resource: 'pods', namespace: 'shop', name: 'web-0', subresource: 'exec' },
      '/api/v1/namespaces/shop/pods/web-0/exec',
    ],
    [{ resource: 'nodes', apiVersion: 'v1' }, '/api/v1/nodes'],
    [{ resource: 'namespaces', namespace: 'shop', name: 'shop' }, '/api/v1/namespaces/shop'],
    [
      { resource: 'roles', apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1', namespace: 'shop' },
      '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles',
    ],
  ])('of %o asked for %s', (objectRef, uri) => {
    expect(one({ objectRef })).toMatchObject({ requestURI: uri });
  });

  test('without an object has no path of its own, and one that is given stands', () => {
    expect(one({})).not.toHaveProperty('requestURI');
    expect(one({ objectRef: { resource: 'pods' }, requestURI: '/x' })).toMatchObject({ requestURI: '/x' });
  });
});

describe('the clock of a test', () => {
  test('moves on by a second an event', () => {
    expect(times([step({}), step({}), step({}, { repeat: 2 })])).toEqual([
      '10:00:00',
      '10:00:01',
      '10:00:02',
      '10:00:03',
    ]);
  });

  test('`every` is between the events of an entry, `after` before its first', () => {
    expect(
      times([step({}), step({}, { repeat: 3, every: tenSeconds, after: minutes(60) }), step({})]),
    ).toEqual(['10:00:00', '11:00:00', '11:00:10', '11:00:20', '11:00:21']);
  });

  test('`after` moves also the first event', () => {
    expect(times([step({}, { after: minutes(5) })])).toEqual(['10:05:00']);
  });

  test('goes on from a time that an event sets', () => {
    expect(times([step({ stageTimestamp: '2026-01-15T12:00:00Z' }), step({})])).toEqual([
      '12:00:00',
      '12:00:01',
    ]);
  });

  test('a time that was set is also when the request was received', () => {
    expect(one({ stageTimestamp: '2026-01-15T12:00:00Z' })).toMatchObject({
      requestReceivedTimestamp: '2026-01-15T12:00:00Z',
    });
  });

  test('every event has an id of its own', () => {
    const ids = testEvents({}, [step({}, { repeat: 3 }), step({})]).map(({ auditID }) => auditID);
    expect(new Set(ids).size).toBe(4);
  });
});
