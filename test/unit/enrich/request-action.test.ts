import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { derive } from '../../../src/enrich/derive.ts';
import { networks } from '../../../src/lib/networks.ts';
import { DERIVED_FIELDS } from '../../../src/model/event.ts';
import { sourcesOf } from '../../../src/semantics/derived-sources.ts';
import type { AuditEvent } from '../../support/events.ts';
import { geo, turn } from './turn.ts';

const plan = compilePlan(DERIVED_FIELDS.flatMap(sourcesOf));
const derived = derive({ geo, trusted: networks([]) }, plan);

const valuesOf = (field: 'request.action' | 'request.dry_run', event: AuditEvent) =>
  turn({ auditID: 'a', stage: 'ResponseComplete', ...event }, plan, (reader) =>
    Array.from({ length: derived.count(field, reader) }, (_, i) => derived.value(field, reader, i)),
  );

const pods = (subresource?: string) => ({ resource: 'pods', ...(subresource ? { subresource } : {}) });
const POD = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' }, spec: { containers: [] } };
const answer = (code: number) => ({ responseStatus: { code } });

describe('request.action', () => {
  test.each<[string, AuditEvent, string | undefined]>([
    ['a create', { verb: 'create', objectRef: pods(), ...answer(201) }, 'create'],
    ['a create that was refused', { verb: 'create', objectRef: pods(), ...answer(403) }, 'create'],
    ['a create without an answer', { verb: 'create', objectRef: pods() }, 'create'],
    ['a server-side apply that created', { verb: 'patch', objectRef: pods(), ...answer(201) }, 'create'],
    ['an update that created', { verb: 'update', objectRef: pods(), ...answer(201) }, 'create'],
    ['a patch', { verb: 'patch', objectRef: pods(), ...answer(200) }, 'patch'],
    ['an update', { verb: 'update', objectRef: pods(), ...answer(200) }, 'update'],
    ['a delete', { verb: 'delete', objectRef: pods(), ...answer(200) }, 'delete'],
    ['a delete of many', { verb: 'deletecollection', objectRef: pods(), ...answer(200) }, 'delete'],
    ['a get', { verb: 'get', objectRef: pods(), ...answer(200) }, undefined],
    ['a watch', { verb: 'watch', objectRef: pods(), ...answer(200) }, undefined],
    ['a verb of no API', { verb: 'propfind', ...answer(405) }, undefined],
    ['a POST of a plain URL', { verb: 'post', requestURI: '/x', ...answer(403) }, undefined],
    ['no verb', { objectRef: pods(), ...answer(200) }, undefined],
    ['an exec by GET', { verb: 'get', objectRef: pods('exec'), ...answer(101) }, 'connect'],
    ['an exec by POST', { verb: 'create', objectRef: pods('exec'), ...answer(101) }, 'connect'],
    ['an attach', { verb: 'create', objectRef: pods('attach') }, 'connect'],
    ['a port-forward', { verb: 'connect', objectRef: pods('portforward') }, 'connect'],
    [
      'a proxy to a node',
      { verb: 'delete', objectRef: { resource: 'nodes', subresource: 'proxy' } },
      'connect',
    ],
    ['reading a log', { verb: 'get', objectRef: pods('log'), ...answer(200) }, undefined],
    ['an eviction', { verb: 'create', objectRef: pods('eviction'), ...answer(201) }, undefined],
    ['a status that is written', { verb: 'patch', objectRef: pods('status'), ...answer(200) }, 'patch'],
    ['an ephemeral container', { verb: 'patch', objectRef: pods('ephemeralcontainers') }, 'patch'],
    ['a scale', { verb: 'update', objectRef: pods('scale'), ...answer(201) }, 'update'],
    ['an empty subresource', { verb: 'create', objectRef: { resource: 'pods', subresource: '' } }, 'create'],
  ])('%s', (_, event, action) => {
    expect(valuesOf('request.action', event)).toEqual(action === undefined ? [] : [action]);
  });

  const patch = (code: number, requestObject: unknown) => ({
    ...{ verb: 'patch', objectRef: pods(), requestObject, ...answer(code) },
  });

  test.each([400, 401, 403, 404, 422, 500])(
    'a patch of a whole object that got %i tried to create it',
    (code) => {
      expect(valuesOf('request.action', patch(code, POD))).toEqual(['create']);
    },
  );

  test('a patch of a whole object that met a conflict changed one that was there', () => {
    expect(valuesOf('request.action', patch(409, POD))).toEqual(['patch']);
  });

  test('a patch of a whole object that was taken changed it', () => {
    expect(valuesOf('request.action', patch(200, POD))).toEqual(['patch']);
  });

  test.each([
    ['of a part', { spec: { replicas: 1 } }],
    ['of labels alone', { kind: 'Pod', metadata: { labels: {} } }],
    ['as JSON patch', [{ op: 'add', path: '/spec', value: {} }]],
    ['that nobody logged', undefined],
  ])('a refused patch %s is no attempt to create', (_, body) => {
    expect(valuesOf('request.action', patch(403, body))).toEqual(['patch']);
  });

  test('a binding has no spec and is whole all the same', () => {
    const { spec: _, ...binding } = { ...POD, kind: 'RoleBinding', roleRef: { name: 'admin' } };
    expect(valuesOf('request.action', patch(403, binding))).toEqual(['create']);
  });
});

const URI = '/api/v1/namespaces/shop/pods';

describe('a dry run', () => {
  test.each<[string, AuditEvent]>([
    ['a create', { verb: 'create', objectRef: pods(), requestURI: `${URI}?fieldManager=x&dryRun=All` }],
    ['a patch', { verb: 'patch', objectRef: pods(), requestURI: `${URI}?dryRun=All`, ...answer(201) }],
    ['with escapes in the query', { verb: 'update', requestURI: `${URI}?dry%52un=%41ll` }],
    [
      'a delete without a body',
      { verb: 'delete', level: 'Request', objectRef: pods(), requestURI: `${URI}?dryRun=All` },
    ],
    [
      'delete options',
      { verb: 'delete', requestURI: URI, requestObject: { kind: 'DeleteOptions', dryRun: ['All'] } },
    ],
    ['of many', { verb: 'deletecollection', requestURI: URI, requestObject: { dryRun: ['All'] } }],
    [
      'an eviction',
      {
        ...{ verb: 'create', objectRef: pods('eviction'), requestURI: URI },
        requestObject: { kind: 'Eviction', deleteOptions: { dryRun: ['All'] } },
      },
    ],
  ])('%s', (_, event) => {
    expect(valuesOf('request.dry_run', event)).toEqual([true]);
    expect(valuesOf('request.action', event)).toEqual([]);
  });

  test.each<[string, AuditEvent, string[]]>([
    ['a create', { verb: 'create', requestURI: `${URI}?fieldManager=x` }, ['create']],
    ['another key', { verb: 'create', requestURI: `${URI}?dryrun=All&x=dryRun%3DAll` }, ['create']],
    ['another value', { verb: 'create', requestURI: `${URI}?dryRun=all&dryRun=` }, ['create']],
    ['a pair that the API server drops', { verb: 'create', requestURI: `${URI}?dryRun=All;x` }, ['create']],
    [
      'delete options, which take the place of the query',
      { verb: 'delete', requestURI: `${URI}?dryRun=All`, requestObject: { kind: 'DeleteOptions' } },
      ['delete'],
    ],
    [
      'a delete whose body is not logged',
      { verb: 'delete', level: 'Metadata', requestURI: `${URI}?dryRun=All` },
      ['delete'],
    ],
    [
      'a delete whose body was cut off',
      {
        ...{ verb: 'delete', level: 'Request', requestURI: `${URI}?dryRun=All` },
        annotations: { 'audit.k8s.io/truncated': 'true' },
      },
      ['delete'],
    ],
    [
      'a patch that calls some of its body delete options',
      {
        ...{ verb: 'patch', objectRef: pods('ephemeralcontainers'), requestURI: URI },
        requestObject: { spec: {}, deleteOptions: { dryRun: ['All'] } },
      },
      ['patch'],
    ],
    ['an exec', { verb: 'create', objectRef: pods('exec'), requestURI: `${URI}?dryRun=All` }, ['connect']],
    [
      'a token',
      {
        ...{ verb: 'create', requestURI: `${URI}?dryRun=All` },
        objectRef: { resource: 'serviceaccounts', subresource: 'token' },
      },
      [],
    ],
    ['a read', { verb: 'get', objectRef: pods(), requestURI: `${URI}?dryRun=All` }, []],
    [
      'a body that is created',
      { verb: 'create', requestURI: URI, requestObject: { dryRun: ['All'] } },
      ['create'],
    ],
  ])('is none: %s', (_, event, action) => {
    expect(valuesOf('request.dry_run', event)).toEqual([]);
    expect(valuesOf('request.action', event)).toEqual(action);
  });
});
