import fc from 'fast-check';
import type { ENVELOPES } from '../../src/audit/envelopes/table.ts';

type NameOf<Found> = Extract<(typeof ENVELOPES)[number], { found: Found }>['name'];

export type JsonDocument = Readonly<Record<string, unknown>>;

/** What may stand in an event, and be asked for by the plan of both-readers.ts. */
const fields = fc.record(
  {
    verb: fc.constantFrom('get', 'list', 'é'),
    user: fc.record({ username: fc.string(), groups: fc.array(fc.string(), { maxLength: 3 }) }),
    sourceIPs: fc.array(fc.constantFrom('192.0.2.1', 'k', null), { maxLength: 3 }),
    responseStatus: fc.record({ code: fc.constantFrom(200, 403, '403', null) }),
    stageTimestamp: fc.constantFrom('2026-01-15T09:03:11.309113Z', 'soon', 5),
    requestReceivedTimestamp: fc.constantFrom('2026-01-15T09:03:10Z', ''),
    timestamp: fc.constantFrom('2017-09-11T19:55:05Z', 'soon', null),
    a: fc.constantFrom<unknown>(1, null, [[1], { b: 'k' }], { b: { c: [null, 'é'] } }, {}, [
      { b: 1 },
      { b: [2] },
    ]),
    b: fc.constantFrom('', 0, true),
  },
  { requiredKeys: [] },
);
/** What is named like the marks of other envelopes. */
const strays = fc.record(
  { items: fc.constantFrom(null, [], [{}], 'x'), resourceLogs: fc.constantFrom(null, [], 5) },
  { requiredKeys: [] },
);
const apiVersion = fc.constantFrom('audit.k8s.io/v1', 'audit.k8s.io/v1beta1', 'audit.k8s.io/');
const named = fc.record({ auditID: fc.string(), stage: fc.constantFrom('', 'Panic', 'ResponseComplete') });
const kind = fc.constantFrom('Event', 'EventList', 'Pod', null, 5);

/** Keys of all, in any order: a mark may stand behind what it marks. */
const shuffled = (...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<JsonDocument> =>
  fc
    .tuple(...parts)
    .map((all) => Object.entries(Object.assign({}, ...all)))
    .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length }))
    .map((entries) => Object.fromEntries(entries));

const bare = shuffled(fields, named);
const asText = bare.map((event) => JSON.stringify(event));
/** An event as text or as an object at a key, among other keys. */
const wrappedAt = (key: string): fc.Arbitrary<JsonDocument> =>
  shuffled(
    fc.record({
      [key]: fc.oneof(
        bare,
        asText,
        asText.map((text) => `${text}\n`),
      ),
    }),
    fc.record({ stream: fc.constant('stdout'), time: fc.string() }, { requiredKeys: [] }),
  );
const azureRecord = shuffled(
  fc.record({
    category: fc.constant('kube-audit'),
    properties: fc.oneof(fc.record({ log: asText }), fc.record({ log: bare, pod: fc.string() })),
  }),
  fc.record({
    resourceId: fc.constantFrom<unknown>('/SUBSCRIPTIONS/A/MANAGEDCLUSTERS/PROD', '/managedClusters/a/x', 5),
  }),
);
const payload = shuffled(
  fc.record({
    serviceName: fc.constant('k8s.io'),
    methodName: fc.constantFrom('io.k8s.core.v1.pods.list', 'io.k8s.get'),
    resourceName: fc.constantFrom('core/v1/namespaces/a/pods/b', 'readyz', 'apps/v1/deployments'),
  }),
  fc.record(
    {
      status: fc.constantFrom<unknown>({ code: 7, message: 'no' }, { code: 0 }, {}, null),
      authenticationInfo: fc.constantFrom<unknown>(
        { principalEmail: 'system:anonymous' },
        { principalEmail: null },
        null,
      ),
      requestMetadata: fc.constantFrom<unknown>({ callerIp: '192.0.2.1' }, {}),
    },
    { requiredKeys: [] },
  ),
);

/** Of each document envelope, documents that have it and hold at least one event. A row of the table without one here is no type. */
export const VALID: Readonly<Record<NameOf<'document'>, fc.Arbitrary<JsonDocument>>> = {
  log_key: wrappedAt('log'),
  message_key: wrappedAt('message'),
  body_key: wrappedAt('body'),
  journal_key: wrappedAt('MESSAGE'),
  cloudwatch: shuffled(
    fc.record({
      logGroup: fc.constantFrom('/aws/eks/prod/cluster', '/aws/lambda/x'),
      logEvents: fc.array(shuffled(fc.record({ id: fc.string(), timestamp: fc.nat(), message: asText })), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  ),
  azure_record: azureRecord,
  azure_records: fc.record({ records: fc.array(azureRecord, { minLength: 1, maxLength: 3 }) }),
  google_entry: shuffled(
    fc.record({ protoPayload: payload }),
    fc.record({ insertId: fc.string(), timestamp: fc.constantFrom('2026-01-15T09:03:11.309113Z', 'soon') }),
    fc.record(
      {
        resource: fc.constantFrom<unknown>({ labels: { cluster_name: 'prod' } }, {}, null),
        labels: fc.constantFrom<unknown>({ 'authorization.k8s.io/decision': 'forbid' }, null),
        operation: fc.constantFrom<unknown>({ id: 'a', first: true, last: true }, { first: true }),
      },
      { requiredKeys: [] },
    ),
  ),
  google_audit_log: payload,
  event_list: shuffled(
    fc.record({ kind: fc.constant('EventList'), apiVersion }),
    fc.record({ items: fc.array(shuffled(fields, strays), { minLength: 1, maxLength: 3 }) }),
    fc.option(named, { nil: {} }),
  ),
  bare_event: fc.oneof(
    shuffled(strays, fields, named, fc.record({ kind }, { requiredKeys: [] })),
    shuffled(strays, fields, fc.record({ kind: fc.constant('Event'), apiVersion })),
  ),
  otlp_request: shuffled(
    fields,
    fc.record({
      resourceLogs: fc.array(
        fc.record({
          scopeLogs: fc.tuple(
            fc.record({
              logRecords: fc.array(
                shuffled(fields, named).map((event) => ({ body: { stringValue: JSON.stringify(event) } })),
                { minLength: 1, maxLength: 2 },
              ),
            }),
          ),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  ),
};

const flat = fc
  .tuple(fc.constantFrom('k8s.audit.', 'audit.'), named, fc.boolean())
  .map(([prefix, { auditID, stage }, snake]) => ({
    [`${prefix}${snake ? 'audit_id' : 'auditID'}`]: auditID,
    [`${prefix}stage`]: stage,
    [`${prefix}user.username`]: 'jane',
    [`${prefix}${snake ? 'source_ips' : 'sourceIPs'}`]: ['192.0.2.1'],
    [`${prefix}annotations.authorization.k8s.io/decision`]: 'forbid',
    'log.file.path': '/x',
  }));

/** The same for attributes. */
export const VALID_ATTRIBUTES: Readonly<Record<NameOf<'attributes'>, fc.Arbitrary<JsonDocument>>> = {
  attribute_event: fc.oneof(
    bare,
    bare.map((event) => ({ audit: event })),
    asText.map((text) => ({ 'k8s.audit': text, other: 'x' })),
  ),
  flat_attributes: flat,
  openshift_attributes: fc.record(
    {
      'k8s.audit.event.level': fc.constant('Metadata'),
      'k8s.audit.event.stage': fc.constantFrom('Panic', 'ResponseComplete'),
      'k8s.audit.event.request.uri': fc.constant('/api'),
      'k8s.audit.event.request.verb': fc.constantFrom('get', 'é'),
      'k8s.audit.event.response.code': fc.constantFrom<unknown>(403, null),
      'k8s.audit.event.object_ref.resource': fc.constant('pods'),
      'k8s.audit.event.annotation.authorization.k8s.io/decision': fc.constant('forbid'),
      'k8s.user.username': fc.constant('jane'),
      'k8s.user.groups': fc.array(fc.string(), { maxLength: 2 }),
    },
    { requiredKeys: ['k8s.audit.event.level', 'k8s.audit.event.stage'] },
  ),
};

/** What stands before an event on its line. */
export const PREFIXES: Readonly<Record<NameOf<'text'>, fc.Arbitrary<string>>> = {
  cri_line: fc.constantFrom(
    '2026-01-15T09:03:11.309113123Z stdout F ',
    '2026-01-15T09:03:11+01:00 stderr F:x I0115 09:03:11.309113       1 audit.go:42] ',
  ),
  journal_line: fc.constantFrom(
    'Jan 15 09:03:11 node-1 kube-apiserver[123]: ',
    'Jan  5 09:03:11.123456 crc hyperkube: ',
    '<14>2026-01-15T09:03:11.309113+00:00 node-1.example audit[1]: ',
  ),
  klog_line: fc.constantFrom(
    'I0115 09:03:11.309113       1 audit.go:42] ',
    'W0115 09:03:11.3 12345 some-file.go:1] ',
  ),
  node_log_line: fc.constantFrom('crc ', 'ip-10-0-1-2.eu-west-1.compute.internal '),
};

export { asText as EVENT_TEXT };
