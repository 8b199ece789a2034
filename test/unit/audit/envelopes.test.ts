import { existsSync, readFileSync } from 'node:fs';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ExportLogsServiceRequestSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { withBody } from '../../property/both-readers.ts';
import { otlpBytes, request } from '../../support/events.ts';
import { readAll } from './told.ts';

const EVENT = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: 'a1',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/prod/secrets/key?x=1&y=<2>',
  verb: 'get',
  user: { username: 'jane', groups: ['dev'] },
  sourceIPs: ['192.0.2.1'],
  objectRef: { resource: 'secrets', namespace: 'prod', name: 'key' },
  responseStatus: { code: 200 },
};
const TEXT = JSON.stringify(EVENT);
const FIELDS = [
  'auditID',
  'verb',
  'requestURI',
  'user.username',
  'user.groups',
  'sourceIPs',
  'responseStatus.code',
];
const TOLD = {
  auditID: ['value', 'a1'],
  verb: ['value', 'get'],
  requestURI: ['value', EVENT.requestURI],
  'user.username': ['value', 'jane'],
  'user.groups': ['value', 'dev'],
  sourceIPs: ['value', '192.0.2.1'],
  'responseStatus.code': ['value', 200],
};
const CRI = '2026-01-15T09:03:11.309113123Z stdout';

const ofText = (body: unknown, ...fields: string[]) =>
  readAll(request(otlpBytes([typeof body === 'string' ? body : JSON.stringify(body)]), 'otlp'), ...fields);
const ofRecord = (body: unknown, attributes: object, ...fields: string[]) =>
  readAll(request(withBody(body, attributes), 'otlp'), ...fields);

describe('an event is read in', () => {
  it.each<[string, unknown]>([
    ["docker's json-file", { log: `${TEXT}\n`, stream: 'stderr', time: '2026-01-15T09:03:11Z' }],
    ['a log of Fluent Bit, parsed', { log: EVENT, stream: 'stdout' }],
    ['a message', { '@timestamp': 'x', message: TEXT, host: { name: 'node' } }],
    ['a body', { body: TEXT, severity: 9 }],
    ['an entry of the journal as JSON', { MESSAGE: TEXT, _HOSTNAME: 'node' }],
    ['docker around a line of CRI', { log: `${CRI} F ${TEXT}\n` }],
    ['a line of CRI', `${CRI} F ${TEXT}`],
    [
      'a line of CRI in parts',
      `${CRI} P ${TEXT.slice(0, 40)}\n${CRI} P ${TEXT.slice(40, 90)}\n${CRI} F ${TEXT.slice(90)}`,
    ],
    ['a line of oc adm node-logs', `ip-10-0-1-2.eu-west-1.compute.internal ${TEXT}`],
    ['a line of the journal', `Jan 15 09:03:11 node-1 kube-apiserver[1234]: ${TEXT}`],
    ['a line of klog', `I0115 09:03:11.309113       1 audit.go:42] ${TEXT}`],
    ['a record of AKS', { category: 'kube-audit', properties: { log: TEXT, pod: 'x' }, resourceId: '/A' }],
    ['a record of AKS, its log parsed', { category: 'kube-audit', properties: { log: EVENT } }],
    ['a message of an Event Hub', { records: [{ category: 'x' }, { properties: { log: TEXT } }] }],
    [
      'a subscription of CloudWatch',
      { logGroup: '/x', logEvents: [{ id: '1', timestamp: 1, message: TEXT }] },
    ],
    [
      'documents of Firehose',
      `${JSON.stringify({ messageType: 'CONTROL_MESSAGE', logGroup: '/x', logEvents: [{ message: 'CWL CONTROL MESSAGE' }] })}${JSON.stringify({ logGroup: '/x', logEvents: [{ message: TEXT }] })}`,
    ],
    [
      'envelopes in envelopes',
      { message: JSON.stringify({ log: JSON.stringify({ records: [{ properties: { log: TEXT } }] }) }) },
    ],
  ])('%s', (_, body) => {
    const { seen, report } = ofText(body, ...FIELDS);
    expect(report).toEqual({ records: 1, events: 1, passedBy: {}, rejected: 0, ...several(body) });
    expect(seen[0]!.told).toEqual(TOLD);
    const asMap = typeof body === 'string' ? undefined : ofRecord(body, {}, ...FIELDS);
    if (asMap) expect(asMap.seen[0]?.told).toEqual(TOLD);
    expect(
      readAll(request(typeof body === 'string' ? body : JSON.stringify(body), 'line'), ...FIELDS).seen[0]
        ?.told,
    ).toEqual(TOLD);
  });

  const several = (body: unknown) => (typeof body === 'string' && body.startsWith('{') ? { several: 1 } : {});

  it.each<[string, object]>([
    ['as a collector parses it', EVENT],
    ['nested at a key', { 'k8s.audit': EVENT, 'log.file.path': '/x' }],
    ['as text at a key', { audit: TEXT }],
    ['of AKS', { 'azure.category': 'kube-audit', 'azure.properties': { log: TEXT, pod: 'x' } }],
    ['of AKS, its properties as text', { 'azure.properties': JSON.stringify({ log: TEXT }) }],
    [
      'flat',
      {
        'k8s.audit.auditID': 'a1',
        'k8s.audit.stage': 'ResponseComplete',
        'k8s.audit.verb': 'get',
        'k8s.audit.requestURI': EVENT.requestURI,
        'k8s.audit.user.username': 'jane',
        'k8s.audit.user.groups': '["dev"]',
        'k8s.audit.sourceIPs': ['192.0.2.1'],
        'k8s.audit.responseStatus.code': 200,
      },
    ],
    [
      'flat, in snake case',
      {
        'audit.audit_id': 'a1',
        'audit.stage': 'ResponseComplete',
        'audit.verb': 'get',
        'audit.request_uri': EVENT.requestURI,
        'audit.user': { username: 'jane', groups: ['dev'] },
        'audit.source_ips': ['192.0.2.1'],
        'audit.response_status.code': 200,
      },
    ],
  ])('attributes, %s', (_, attributes) => {
    for (const body of [undefined, null, '', ' \n']) {
      const { seen, report } = ofRecord(body, attributes, ...FIELDS);
      expect(report).toEqual({ records: 1, events: 1, passedBy: {}, rejected: 0 });
      expect(seen[0]!.told).toEqual(TOLD);
    }
  });

  it("attributes of OpenShift's log forwarder", () => {
    const attributes = {
      'k8s.audit.event.level': 'Metadata',
      'k8s.audit.event.stage': 'ResponseComplete',
      'k8s.audit.event.request.uri': '/api/v1/pods',
      'k8s.audit.event.request.verb': 'list',
      'k8s.audit.event.user_agent': 'oc/4.19',
      'k8s.audit.event.response.code': 403,
      'k8s.audit.event.object_ref.resource': 'pods',
      'k8s.audit.event.annotation.authorization.k8s.io/decision': 'forbid',
      'k8s.user.username': 'jane',
      'k8s.user.groups': ['dev', 'ops'],
      'openshift.log.source': 'kubeAPI',
    };
    const fields = ['verb', 'userAgent', 'objectRef.resource', 'user.groups', 'responseStatus.code'];
    const { seen } = ofRecord(undefined, attributes, ...fields, 'annotations.authorization.k8s.io/decision');
    expect(seen[0]!.told).toEqual({
      verb: ['value', 'list'],
      userAgent: ['value', 'oc/4.19'],
      'objectRef.resource': ['value', 'pods'],
      'user.groups': ['value', 'dev', 'ops'],
      'responseStatus.code': ['value', 403],
      'annotations.authorization.k8s.io/decision': ['value', 'forbid'],
    });
  });

  it('a body that holds the event, whatever the attributes say', () => {
    const attributes = { auditID: 'b', stage: 'Panic', verb: 'delete' };
    const { seen } = ofRecord(TEXT, attributes, 'verb', 'record.verb');
    expect(seen.map(({ told }) => told)).toEqual([
      { verb: ['value', 'get'], 'record.verb': ['value', 'delete'] },
    ]);
    expect(ofRecord('some text', attributes).report).toMatchObject({ events: 0, passedBy: { text: 1 } });
  });
});

describe('records that are no audit events are passed by', () => {
  it.each<[string, unknown, string]>([
    ['a log of docker', { log: 'Starting server on :8080\n', stream: 'stdout' }, 'json'],
    ['a log that names the group', { log: 'no matches for kind Policy in audit.k8s.io/v1\n' }, 'json'],
    ['a message that names an Audit-ID', { message: 'request auditID=0d1c5c0e took 5 ms' }, 'json'],
    ['a message that is JSON with an Audit-ID', { message: '{"auditID":"a","took":5}' }, 'json'],
    [
      "an application's own JSON",
      { level: 'info', message: { user: 'x' }, log: { file: { path: '/x' } } },
      'json',
    ],
    ['a list of other records', { records: [{ id: 1 }, 5, { properties: { log: 'I0115 text' } }] }, 'json'],
    ['records that are no list', { records: 5 }, 'json'],
    ['other log events', { logGroup: '/aws/lambda/x', logEvents: [{ message: 'START RequestId' }] }, 'json'],
    [
      'klog of AKS',
      { category: 'kube-apiserver', properties: { log: 'I0115 09:03:11.3 1 x.go:1] audit.k8s.io' } },
      'json',
    ],
    [
      'another service of Google',
      { protoPayload: { serviceName: 'compute.googleapis.com', methodName: 'x' } },
      'json',
    ],
    ['a line of CRI', `${CRI} F GET /healthz 200`, 'text'],
    ['a part of a line', `${CRI} P some long text`, 'text'],
    ['a line of the journal', 'Jan 15 09:03:11 node-1 kubelet[1]: started', 'text'],
    ['a line of a host', 'crc started', 'text'],
  ])('%s', (_, body, kind) => {
    const { report } = ofText(body);
    expect(report).toEqual({ records: 1, events: 0, passedBy: { [kind]: 1 }, rejected: 0 });
  });

  it('attributes without an event', () => {
    const attributes = {
      'audit.id': 'a',
      'k8s.audit.event.level': 'Metadata',
      'log.file.path': '/var/log/audit',
    };
    expect(ofRecord(undefined, attributes).report).toMatchObject({
      events: 0,
      passedBy: { empty: 1 },
      rejected: 0,
    });
  });

  it('an envelope around itself, however deep', () => {
    let body: unknown = { auditID: 'a', stage: 's' };
    for (let i = 0; i < 6; i++) body = { log: JSON.stringify(body) };
    expect(ofText(body).report).toMatchObject({ events: 0, passedBy: { json: 1 } });
  });
});

describe('an event that the message of a program quotes is none', () => {
  it.each<[string, unknown]>([
    ['behind a word, with more behind it', `search ${TEXT} 200`],
    ['behind a document and a word', `{"level":"info"} said ${TEXT}`],
    ['behind a prefix and more', `I0115 09:03:11.309113       1 audit.go:42] ${TEXT} was refused`],
    ['on a further line of a message', { level: 'info', message: `user said\n${TEXT}\n` }],
    ['on a further line of a log', { log: `GET /\n${TEXT}`, stream: 'stdout' }],
    ['on a further line in CloudWatch', { logGroup: '/x', logEvents: [{ message: `a b\n${TEXT}` }] }],
  ])('%s', (_, body) => {
    expect(ofText(body).report.events).toBe(0);
    const line = typeof body === 'string' ? body : JSON.stringify(body);
    expect(readAll(request(line, 'line')).report.events).toBe(0);
  });
});

describe('parts of a line in records of their own', () => {
  const bytes = Buffer.from(TEXT);
  const part = (tag: string, from: number, to: number, stream = 'stdout') =>
    `2026-01-15T09:03:11.309113123Z ${stream} ${tag} ${bytes.toString('latin1', from, to)}`;
  const readRecords = (...bodies: string[]) => readAll(request(otlpBytes(bodies), 'otlp'), ...FIELDS);

  it('are joined within a request; those before the last are passed by', () => {
    const other = part('F', 0, bytes.length, 'stderr');
    const { seen, report } = readRecords(
      part('P', 0, 50),
      other,
      TEXT,
      part('P', 50, 99),
      part('F', 99, 9999),
      'x',
    );
    expect(seen.map(({ told, about }) => [about.record, told])).toEqual([
      [1, TOLD],
      [2, TOLD],
      [4, TOLD],
    ]);
    expect(report).toEqual({ records: 6, events: 3, passedBy: { text: 3 }, rejected: 0 });
  });

  it('are read as far as they go where the end does not come', () => {
    const { seen, report } = readRecords('x', part('P', 0, bytes.length - 2));
    expect(seen[0]!.told['verb']).toEqual(['value', 'get']);
    expect(report).toEqual({ records: 2, events: 1, truncated: 1, passedBy: { text: 2 }, rejected: 0 });
  });

  /** Records each of which has a resource, or an attribute, of its own. */
  const readApart = (...records: (readonly [body: string, resource: object, attributes?: object])[]) => {
    const bytes = toBinary(
      ExportLogsServiceRequestSchema,
      fromJson(ExportLogsServiceRequestSchema, {
        resourceLogs: records.map(([body, resource, attributes = {}]) => ({
          resource: { attributes: pairs(resource) },
          scopeLogs: [{ logRecords: [{ body: { stringValue: body }, attributes: pairs(attributes) }] }],
        })),
      }),
    );
    return readAll(request(bytes, 'otlp'), 'auditID', 'k8s.cluster.name');
  };
  const pairs = (of: object) =>
    Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const clusterOf = (name: string) => ({ 'k8s.cluster.name': name });

  it('whose ends do not come keep the cluster of their own resource', () => {
    const cut = part('P', 0, bytes.length - 2);
    const { seen } = readApart([cut, clusterOf('a')], [cut, clusterOf('b')], ['x', clusterOf('c')]);
    expect(seen.map(({ told }) => told['k8s.cluster.name'])).toEqual([
      ['value', 'a'],
      ['value', 'b'],
    ]);
  });

  it('that have to make room for others keep it too', () => {
    const cut = part('P', 0, bytes.length - 2);
    const names = Array.from({ length: 70 }, (_, i) => `c${i}`);
    const { seen } = readApart(...names.map((name) => [cut, clusterOf(name)] as const));
    expect(seen.map(({ told }) => told['k8s.cluster.name']?.[1]).toSorted()).toEqual(names.toSorted());
  });

  it.each(['log.file.path', 'log.file.name', 'k8s.pod.uid', 'k8s.container.name', 'container.id'])(
    'of different sources by %s are not joined',
    (key) => {
      const lines = [
        [part('P', 0, 90), { [key]: 'a' }],
        [part('F', 90, 9999), { [key]: 'b' }],
        [part('F', 90, 9999), { [key]: 'a' }],
      ] as const;
      const scopeLogs = [
        {
          logRecords: lines.map(([stringValue, attributes]) => ({
            body: { stringValue },
            attributes: pairs(attributes),
          })),
        },
      ];
      const sent = fromJson(ExportLogsServiceRequestSchema, { resourceLogs: [{ scopeLogs }] });
      const { seen } = readAll(request(toBinary(ExportLogsServiceRequestSchema, sent), 'otlp'), ...FIELDS);
      expect(seen.map(({ told, about }) => [about.record, told])).toEqual([[2, TOLD]]);
    },
  );

  it('of ordinary logs are passed by', () => {
    const ordinary = (tag: string) => `${CRI} ${tag} GET /healthz`;
    const { report } = readRecords(ordinary('P'), ordinary('F'), ordinary('F'), ordinary('P'));
    expect(report).toEqual({ records: 4, events: 0, passedBy: { text: 4 }, rejected: 0 });
  });
});

describe('an event that breaks off', () => {
  const long = {
    ...EVENT,
    requestObject: { spec: { containers: [{ image: 'nginx', args: ['x'.repeat(50)] }] } },
  };
  const cut = JSON.stringify(long).slice(0, -40);
  const fields = [
    'user.username',
    'requestObject.spec.containers.image',
    'annotations.audit.k8s.io/truncated',
  ];
  const told = {
    'user.username': ['value', 'jane'],
    'requestObject.spec.containers.image': ['value', 'nginx'],
    'annotations.audit.k8s.io/truncated': ['value', 'true'],
  };

  it.each<[string, unknown]>([
    ['as text', cut],
    ['with the mark of EKS', `${cut}[Truncated...]`],
    [
      'with that mark between values',
      `${JSON.stringify(EVENT).slice(0, -1)},"requestObject":{"spec":{"containers":[{"image":"nginx"},[Truncated...]\n`,
    ],
    ['behind a prefix', `${CRI} F ${cut}`],
    ['in CloudWatch', { logGroup: '/x', logEvents: [{ message: `${cut}[Truncated...]` }] }],
  ])('is read as far as it goes, and marked: %s', (_, body) => {
    const { seen, report } = ofText(body, ...fields);
    expect(report).toEqual({ records: 1, events: 1, truncated: 1, passedBy: {}, rejected: 0 });
    expect(seen[0]!.told).toEqual(told);
  });

  it.each([
    ['before its stage', '{"auditID":"a","sta'],
    [
      'in a text that is broken in its middle',
      '{"auditID":"a","stage":"s",,"verb":"get","user":{"username":',
    ],
    ['in text that names no event', '{"level":"info","message":"audit.k8s.io'],
  ])('is rejected %s', (_, body) => {
    expect(ofText(body).report).toMatchObject({ events: 0, rejected: 1 });
  });
});

describe('an entry of GKE', () => {
  const entry = {
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: 'system:anonymous' },
      methodName: 'io.k8s.core.v1.pods.list',
      requestMetadata: { callerIp: '203.0.113.57', callerSuppliedUserAgent: 'curl/8.5.0' },
      resourceName: 'core/v1/pods',
      serviceName: 'k8s.io',
      status: { code: 7, message: 'PERMISSION_DENIED' },
    },
    insertId: 'i',
    resource: { type: 'k8s_cluster', labels: { cluster_name: 'prod' } },
    timestamp: '2026-01-15T09:03:11.309113Z',
    labels: { 'authorization.k8s.io/decision': 'forbid' },
    operation: { id: 'o', first: true, last: true },
  };
  const fields = [
    ...['auditID', 'stage', 'verb', 'requestURI', 'user.username', 'user.groups', 'sourceIPs', 'userAgent'],
    ...['objectRef.resource', 'objectRef.namespace', 'objectRef.name', 'objectRef.subresource'],
    ...['objectRef.apiGroup', 'objectRef.apiVersion', 'responseStatus.code', 'responseStatus.reason'],
    ...['stageTimestamp', 'annotations.authorization.k8s.io/decision', 'k8s.cluster.name'],
  ];
  /** The fields that an entry has. */
  const of = (more: object, payload: object = {}) => {
    const { told } = ofText(
      { ...entry, protoPayload: { ...entry.protoPayload, ...payload }, ...more },
      ...fields,
    ).seen[0]!;
    return Object.fromEntries(
      Object.entries(told).flatMap(([key, [state, ...values]]) =>
        state === 'absent' ? [] : [[key, values.length === 1 ? values[0] : values]],
      ),
    );
  };

  it('is mapped field by field', () => {
    expect(of({})).toEqual({
      auditID: 'o',
      stage: 'ResponseComplete',
      verb: 'list',
      requestURI: '/api/v1/pods',
      'user.username': 'system:anonymous',
      'user.groups': 'system:unauthenticated',
      sourceIPs: '203.0.113.57',
      userAgent: 'curl/8.5.0',
      'objectRef.resource': 'pods',
      'objectRef.apiVersion': 'v1',
      'responseStatus.code': 403,
      'responseStatus.reason': 'Forbidden',
      stageTimestamp: '2026-01-15T09:03:11.309113Z',
      'annotations.authorization.k8s.io/decision': 'forbid',
      'k8s.cluster.name': 'prod',
    });
  });

  it.each([
    [
      'core/v1/namespaces/a/pods/b',
      'io.k8s.core.v1.pods.get',
      { namespace: 'a', resource: 'pods', name: 'b' },
    ],
    [
      'core/v1/namespaces/a/pods/b/exec',
      'io.k8s.core.v1.pods.exec.create',
      { namespace: 'a', resource: 'pods', name: 'b', subresource: 'exec' },
    ],
    [
      'core/v1/namespaces/a',
      'io.k8s.core.v1.namespaces.get',
      { resource: 'namespaces', namespace: 'a', name: 'a' },
    ],
    [
      'core/v1/namespaces/a/finalize',
      'io.k8s.core.v1.namespaces.finalize.update',
      { resource: 'namespaces', namespace: 'a', name: 'a', subresource: 'finalize' },
    ],
    [
      'rbac.authorization.k8s.io/v1/clusterroles/x',
      'io.k8s.authorization.rbac.v1.clusterroles.patch',
      { resource: 'clusterroles', name: 'x', apiGroup: 'rbac.authorization.k8s.io' },
    ],
    [
      'apps/v1/namespaces/a/deployments',
      'io.k8s.apps.v1.deployments.create',
      { resource: 'deployments', namespace: 'a', apiGroup: 'apps' },
    ],
  ])('%s is an object', (resourceName, methodName, object) => {
    const found = of({}, { resourceName, methodName });
    const named = Object.entries(object).map(([key, value]) => [`objectRef.${key}`, value]);
    expect(found).toMatchObject(Object.fromEntries(named));
    expect(found['verb']).toBe(methodName.split('.').at(-1));
    expect(found['requestURI']).toBe(
      `/${resourceName.startsWith('core/') ? resourceName.replace('core', 'api') : `apis/${resourceName}`}`,
    );
    for (const key of ['namespace', 'name', 'subresource', 'apiGroup'])
      if (!Object.hasOwn(object, key)) expect(found).not.toHaveProperty([`objectRef.${key}`]);
  });

  it('a path that is no resource has no object', () => {
    const found = of({}, { resourceName: 'readyz', methodName: 'io.k8s.get' });
    expect(found).toMatchObject({ verb: 'get', requestURI: '/readyz' });
    expect(found).not.toHaveProperty(['objectRef.resource']);
  });

  it.each([
    [0, 200, undefined],
    [5, 404, 'NotFound'],
    [6, 409, 'AlreadyExists'],
    [7, 403, 'Forbidden'],
    [8, 429, 'TooManyRequests'],
    [10, 409, 'Conflict'],
    [16, 401, 'Unauthorized'],
    [99, 500, undefined],
  ])('status %d of gRPC is %d', (code, http, reason) => {
    const found = of({}, { status: { code } });
    expect([found['responseStatus.code'], found['responseStatus.reason']]).toEqual([http, reason]);
  });

  it("the answer's own status takes precedence", () => {
    const response = { '@type': 'core.k8s.io/v1.Status', code: 422, reason: 'Invalid', status: 'Failure' };
    expect(of({}, { response })).toMatchObject({
      'responseStatus.code': 422,
      'responseStatus.reason': 'Invalid',
    });
  });

  it.each<object>([
    { '@type': 'example.com/v1.NodeStatus', code: 404 },
    { '@type': 'example.com/v1.Status', code: 404 },
    { kind: 'Widget', apiVersion: 'example.com/v1', code: 404 },
    { code: 404 },
  ])('the code in an object of a user is no answer: %j', (response) => {
    expect(of({}, { response, status: undefined })['responseStatus.code']).toBe(200);
  });

  it('the status is known by its kind where it has no @type', () => {
    const response = { kind: 'Status', apiVersion: 'v1', code: 422 };
    expect(of({}, { response, status: undefined })['responseStatus.code']).toBe(422);
  });

  it.each([[null], [{}], [{ principalEmail: null }], [undefined]])(
    'principal %j is nobody',
    (authenticationInfo) => {
      expect(of({}, { authenticationInfo, status: { code: 16 } })).not.toHaveProperty(['user.username']);
    },
  );

  it('that only begins is a response that has started', () => {
    expect(of({ operation: { id: 'o', first: true } })['stage']).toBe('ResponseStarted');
    expect(of({ operation: { id: 'o', last: true } })['stage']).toBe('ResponseComplete');
  });

  it('is read too where only its payload is the body', () => {
    const { seen } = ofText(entry.protoPayload, 'verb', 'responseStatus.code');
    expect(seen[0]!.told).toEqual({ verb: ['value', 'list'], 'responseStatus.code': ['value', 403] });
  });

  it('is read too where that is about a custom resource', () => {
    const payload = {
      ...entry.protoPayload,
      methodName: 'com.coreos.monitoring.v1.prometheuses.get',
      resourceName: 'monitoring.coreos.com/v1/namespaces/a/prometheuses/b',
    };
    const { seen } = ofText(payload, 'verb', 'objectRef.resource', 'objectRef.apiGroup');
    expect(seen[0]!.told).toEqual({
      verb: ['value', 'get'],
      'objectRef.resource': ['value', 'prometheuses'],
      'objectRef.apiGroup': ['value', 'monitoring.coreos.com'],
    });
  });

  const samples = new URL('../../../../shared/samples/', import.meta.url);
  it.skipIf(!existsSync(samples))('real ones (skipped where the samples are not there)', () => {
    for (const n of [1, 2, 3]) {
      const text = readFileSync(new URL(`khi_gke_k8s_audit_1_${n}.yaml`, samples), 'utf8');
      const { seen, report } = ofText(
        parse(text),
        'objectRef.resource',
        'objectRef.namespace',
        'k8s.cluster.name',
      );
      expect(report).toMatchObject({ events: 1, rejected: 0 });
      expect(seen[0]!.told).toEqual({
        'objectRef.resource': ['value', 'pods'],
        'objectRef.namespace': ['value', '1-2-deployment-update'],
        'k8s.cluster.name': ['value', 'sample-cluster'],
      });
    }
  });
});

describe("the cluster's name", () => {
  const named = (
    body: unknown,
    resource: Record<string, string>,
    attributes: object = {},
    clusters: object = {},
  ) => {
    const bytes = otlpBytes([typeof body === 'string' ? body : JSON.stringify(body)], resource);
    const from = Object.keys(attributes).length > 0 ? withBody(body, attributes) : bytes;
    return readAll({ ...request(from, 'otlp'), ...clusters }, 'k8s.cluster.name').seen[0]!.told[
      'k8s.cluster.name'
    ]![1];
  };
  const eks = { logGroup: '/aws/eks/eks-prod/cluster', logEvents: [{ message: TEXT }] };
  const aks = {
    properties: { log: TEXT },
    resourceId: '/SUBSCRIPTIONS/A/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/AKS-PROD',
  };

  it.each<[string, unknown, Record<string, string>, object, object, string | undefined]>([
    [
      'the binding of the sender',
      eks,
      { 'k8s.cluster.name': 'r' },
      {},
      { boundCluster: 'bound', cluster: 'c' },
      'bound',
    ],
    ['the resource', eks, { 'k8s.cluster.name': 'r', cluster_name: 'x' }, {}, { cluster: 'c' }, 'r'],
    ['the record', TEXT, {}, { 'k8s.cluster.name': 'a', cluster_name: 'x' }, { cluster: 'c' }, 'a'],
    ['cluster_name of the resource', eks, { cluster_name: 'x' }, {}, { cluster: 'c' }, 'x'],
    ['cluster_name of the record', TEXT, {}, { cluster_name: 'x', 'openshift.cluster.uid': 'u' }, {}, 'x'],
    ['the log group of EKS', eks, { 'openshift.cluster.uid': 'u' }, {}, { cluster: 'c' }, 'eks-prod'],
    ['the log group in an attribute', TEXT, {}, { 'aws.log.group.names': ['/aws/eks/b/cluster'] }, {}, 'b'],
    [
      'the log group in the resource',
      TEXT,
      { 'cloudwatch.log.group.name': '/aws/eks/b/cluster' },
      {},
      {},
      'b',
    ],
    ['the resource id of AKS, in lower case', { records: [aks] }, {}, {}, { cluster: 'c' }, 'aks-prod'],
    ['the resource id in the resource', TEXT, { 'cloud.resource_id': aks.resourceId }, {}, {}, 'aks-prod'],
    [
      'the outer envelope',
      { logGroup: '/aws/eks/outer/cluster', logEvents: [{ message: JSON.stringify(aks) }] },
      {},
      {},
      {},
      'outer',
    ],
    ['the uid of OpenShift', TEXT, { 'openshift.cluster.uid': 'u' }, {}, { cluster: 'c' }, 'u'],
    ['the fallback', { ...eks, logGroup: '/aws/lambda/x' }, {}, {}, { cluster: 'c' }, 'c'],
    ['the fallback where the resource says nothing', TEXT, { cluster_name: '' }, {}, { cluster: 'c' }, 'c'],
    ['nothing', TEXT, {}, { other: 'x' }, {}, undefined],
  ])('is that of %s', (_, body, resource, attributes, clusters, expected) => {
    expect(named(body, resource, attributes, clusters)).toBe(expected);
  });
});
